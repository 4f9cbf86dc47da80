#include "camerad.h"

int main(int argc, char **argv)
{
        return thon_daemon_main(&camerad_ops, argc, argv);
}
