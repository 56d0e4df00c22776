import { expect, test } from 'vitest'
import { parseMounts } from '../../src/agent/mounts.js'

test('pseudo, network and image filesystems are left out', () => {
  const text = `proc /proc proc rw 0 0
sysfs /sys sysfs rw 0 0
udev /dev devtmpfs rw 0 0
tmpfs /run tmpfs rw 0 0
/dev/mapper/vg-root / ext4 rw,relatime 0 0
cgroup2 /sys/fs/cgroup cgroup2 rw 0 0
/dev/sda1 /boot/efi vfat rw 0 0
/dev/loop3 /snap/core/1 squashfs ro 0 0
nas:/export /mnt/nas nfs4 rw 0 0
//nas/share /mnt/share cifs rw 0 0
me@far:/ /mnt/far fuse.sshfs rw 0 0
rpool/home /home zfs rw 0 0
overlay /var/lib/docker/overlay2/ab/merged overlay rw 0 0
`
  expect(parseMounts(text)).toEqual(['/', '/boot/efi', '/home'])
})

test('a device is named once, by where it is mounted first', () => {
  const text = `/dev/sda2 / btrfs rw,subvol=/@ 0 0
/dev/sda2 /home btrfs rw,subvol=/@home 0 0
/dev/sda2 /var/lib/bind btrfs rw 0 0
`
  expect(parseMounts(text)).toEqual(['/'])
})

test('of two mounts on one path the later is seen', () => {
  expect(parseMounts('/dev/sda1 /data ext4 rw 0 0\ntmpfs /data tmpfs rw 0 0\n')).toEqual([])
})

test('the root of a container is real', () => {
  expect(parseMounts('overlay / overlay rw,lowerdir=/x 0 0\n')).toEqual(['/'])
})

test('a space in a path is read back', () => {
  expect(parseMounts('/dev/sdb1 /media/my\\040disk ext4 rw 0 0\n')).toEqual(['/media/my disk'])
})

test('at most 32 filesystems are named', () => {
  const text = Array.from({ length: 50 }, (_, n) => `/dev/sd${n} /data/${n} ext4 rw 0 0`).join('\n')
  expect(parseMounts(text)).toHaveLength(32)
})
