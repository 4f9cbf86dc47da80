"""The parts in the order in which they are played."""

import part_camera
import part_light
import part_package
import part_probe
import part_relay
import part_rig

PARTS = [
    part_rig.rig,
    part_rig.cut,
    part_probe.probe,
    part_package.install,
    part_package.use,
    part_light.evening,
    part_light.faults,
    part_camera.camera,
    part_relay.relay,
    part_light.dark_boot,
    part_relay.after_cut,
    part_light.noon_boot,
    part_light.no_clock,
    part_package.upgrade,
    part_package.purge,
]
