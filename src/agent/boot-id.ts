import type { Host, HostResult } from './host.js'

/** The kernel's id of this boot: another one after each restart of the host. */
export async function readBootId(host: Host): Promise<HostResult<string>> {
  const file = await host.readText('/proc/sys/kernel/random/boot_id')
  return file.kind === 'ok' ? { kind: 'ok', value: parseBootId(file.value) } : file
}

/** 32 hex digits out of `37b2f2ae-e171-436e-9e35-51f51361d465`. */
export function parseBootId(text: string): string {
  return text.trim().replaceAll('-', '')
}
