# shellcheck shell=bash
# The name server on mgr: the resolver of every host. $LAB/dns/NAME holds the TXT records of a name, one for each line.

# (Re)starts dnsmasq with the records of the state folder; it cannot reread TXT records while it runs.
serve_dns() {
  local config=$LAB/dnsmasq.conf name record
  {
    printf '%s\n' no-resolv no-hosts bind-interfaces user= group= pid-file= log-facility=- local-ttl=1 'address=/#/'
    echo "listen-address=$MGR_ADDRESS,fd99:$MGR_ID::2,127.0.0.1"
    echo "host-record=mgr,$MGR_ADDRESS"
    for name in "$LAB"/dns/*; do
      [ -e "$name" ] || continue
      while read -r record; do
        record=${record//\\/\\\\}
        echo "txt-record=${name##*/},\"${record//\"/\\\"}\""
      done <"$name"
    done
  } >"$config"
  if is_running mgr dns; then cmd_stop mgr dns KILL; fi
  cmd_spawn mgr dns dnsmasq -k -C "$config"
  poll 20 in_host mgr grep -q ':0035 ' /proc/net/udp || die "the name server does not start: $(cmd_logs mgr dns)"
}

cmd_dns() {
  takes 1 999 'dns NAME [TXT...]' "$@"
  need_host mgr
  local name=$1 record
  shift
  [[ $name =~ ^[A-Za-z0-9._-]+$ ]] || die "dns: '$name' is no domain name"
  for record in "$@"; do
    [[ $record != *$'\n'* && ${#record} -le 900 ]] || die "dns: a record is one line of at most 900 characters (dnsmasq)"
  done
  mkdir -p "$LAB/dns"
  if [ $# = 0 ]; then
    rm -f "$LAB/dns/$name"
  else
    printf '%s\n' "$@" >"$LAB/dns/$name"
  fi
  serve_dns
}
