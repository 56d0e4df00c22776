/** One line of /proc/mounts. */
type Mount = { readonly device: string; readonly path: string; readonly type: string }

/** More than these are not reported: what mounts more makes them by program, one for each container. */
const MAX_FILESYSTEMS = 32

/** Local filesystems whose device is not a path below /dev: a pool, a flash volume, a shared folder of a VM. */
const DEVICELESS_TYPES = new Set(['zfs', 'ubifs', 'jffs2', 'virtiofs'])

/** Images: always full, and meant to be. */
const READ_ONLY_TYPES = new Set(['squashfs', 'erofs', 'iso9660', 'udf', 'cramfs'])

/**
 * Where the real filesystems of /proc/mounts are mounted, each device once and at its first place,
 * sorted by path. Network filesystems are left out with the pseudo ones: asking one whose server is
 * gone for its room can block for ever. Lines look like
 * `/dev/vda / ext4 rw,relatime,discard 0 0`, a space in a path as `\040`.
 */
export function parseMounts(text: string): readonly string[] {
  // A later mount on the same path hides the earlier one.
  const byPath = new Map(
    text
      .split('\n')
      .flatMap(parseLine)
      .map((mount) => [mount.path, mount]),
  )
  const byDevice = new Map<string, string>()
  for (const mount of byPath.values()) {
    if (isReal(mount) && !byDevice.has(mount.device)) byDevice.set(mount.device, mount.path)
  }
  return [...byDevice.values()].slice(0, MAX_FILESYSTEMS).toSorted()
}

function parseLine(line: string): readonly Mount[] {
  const [device, path, type] = line.split(' ')
  if (device === undefined || path === undefined || type === undefined) return []
  return [{ device: unescapeOctal(device), path: unescapeOctal(path), type }]
}

function isReal({ device, path, type }: Mount): boolean {
  if (READ_ONLY_TYPES.has(type)) return false
  // The root of a container; other overlays belong to containers of this host.
  if (type === 'overlay') return path === '/'
  return device.startsWith('/dev/') || DEVICELESS_TYPES.has(type)
}

/** /proc/mounts writes space, tab, newline and backslash as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
