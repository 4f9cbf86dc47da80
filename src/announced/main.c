#include "announced.h"

int main(int argc, char **argv)
{
        return thon_daemon_main(&announced_ops, argc, argv);
}
