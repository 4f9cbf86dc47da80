#include "relayd.h"

int main(int argc, char **argv)
{
        return thon_daemon_main(&relayd_ops, argc, argv);
}
