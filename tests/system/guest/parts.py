"""The parts in the order in which they are played."""

import part_announce
import part_backup
import part_camera
import part_light
import part_limits
import part_package
import part_probe
import part_relay
import part_rig
import part_security

PARTS = [
    part_rig.rig,
    part_rig.cut,
    part_probe.probe,
    part_package.install,
    part_package.use,
    part_light.evening,
    part_announce.announce,
    part_light.faults,
    part_relay.relay,
    part_light.dark_boot,
    part_relay.after_cut,
    part_light.noon_boot,
    part_light.no_clock,
    part_camera.camera,  # its nights are the last: by a clock that is set back roads come and go, which the relay takes for unstable
    part_security.security,
    part_limits.loop,
    part_limits.limits,
    part_backup.backups,
    part_package.upgrade,
    part_package.purge,
]
