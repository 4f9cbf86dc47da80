"""The parts in the order in which they are played."""

import part_rig

PARTS = [part_rig.rig, part_rig.cut]
