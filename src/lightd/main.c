#include "lightd.h"

int main(int argc, char **argv)
{
        return thon_daemon_main(&lightd_ops, argc, argv);
}
