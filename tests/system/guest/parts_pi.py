"""The parts of a Raspberry Pi in the order in which they are played."""

import part_pi

PARTS = [part_pi.board, part_pi.package, part_pi.night, part_pi.idle, part_pi.reboot, part_pi.power_cut]
