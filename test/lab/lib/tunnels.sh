# shellcheck shell=bash
# WireGuard on the hosts. Everything is said with `wg set`, from the state folder, so that a booted host gets
# what it should have now. HOST/IFACE.key is the key a host uses, HOST/IFACE.pub the one the others expect of it.

# Gives a host a new key on an interface.
make_key() {
  (umask 077 && wg genkey >"$LAB/$1/$2.key")
  wg pubkey <"$LAB/$1/$2.key" >"$LAB/$1/$2.pub"
}

# Appends to the array `words` what `wg set` should know of PEER on HOST, without its keepalive.
describe_peer() {
  local host=$1 iface=$2 peer=$3 net=$4 key id uplink peer_uplink address
  read -r key <"$LAB/$peer/$iface.pub"
  read -r id <"$LAB/$peer/id"
  read -r uplink <"$LAB/$host/uplink"
  read -r peer_uplink <"$LAB/$peer/uplink"
  read -r address <"$LAB/$peer/address"
  words+=(peer "$key" allowed-ips "$net.$id/32")
  if [ "$peer_uplink" = core ] || [ "$peer_uplink" = "$uplink" ]; then
    words+=(endpoint "$address:$((51820 + ${iface#wg}))")
  fi
  if [ -e "$LAB/$host/$iface.$peer.psk" ]; then words+=(preshared-key "$LAB/$host/$iface.$peer.psk"); fi
}

# Is this tunnel interface there now?
has_tunnel() { is_alive "$1" && in_host "$1" test -e "/sys/class/net/$2"; }

# Makes the interface and introduces its peers; nobody speaks yet.
start_tunnel() {
  local host=$1 iface=$2 peer address words
  address=$(tunnel_address "$host" "$iface")
  words=(listen-port $((51820 + ${iface#wg})) private-key "$LAB/$host/$iface.key")
  while read -r peer _; do
    describe_peer "$host" "$iface" "$peer" "${address%.*}"
  done < <(peers_of "$host" "$iface")
  if [ "$(<"$LAB/implementation")" = kernel ]; then
    in_host "$host" ip link add "$iface" type wireguard
  else
    cmd_spawn "$host" "wireguard-$iface" wireguard-go -f "$iface"
  fi
  # shellcheck disable=SC2016  # expands on the host
  in_host "$host" bash -euc '
    for _ in {1..3000}; do ! wg show "$0" >/dev/null 2>&1 || break; sleep 0.01; done
    wg set "$0" "${@:2}"
    ip addr add "$1/24" dev "$0"
    ip link set "$0" mtu 1420 up' "$iface" "$address" "${words[@]}"
}

# Turns on the keepalives of the tunnels in which a host has this role (first or second).
#
# The two ends of a pair start one after the other, and differ by 2 s for good: wireguard-go ends that initiate at the
# same moment discard each other's handshake, and with equal intervals they can do so again and again.
speak() {
  local role=$1 host=$2 iface=$3 seconds peer peer_role key words=()
  seconds=$(<"$LAB/keepalive")
  [ "$seconds" != 0 ] || return 0
  [ "$role" = first ] || seconds=$((seconds + 2))
  while read -r peer peer_role; do
    [ "$peer_role" = "$role" ] || continue
    read -r key <"$LAB/$peer/$iface.pub"
    words+=(peer "$key" persistent-keepalive "$seconds")
  done < <(peers_of "$host" "$iface")
  [ ${#words[@]} = 0 ] || in_host "$host" wg set "$iface" "${words[@]}"
}

# "HOST IFACE" for every tunnel interface.
tunnels() { awk '{print $3, $1; print $4, $1}' "$LAB/pairs" | sort -u; }

# Builds every tunnel and has each pair shake hands.
start_tunnels() {
  in_parallel make_key < <(tunnels)
  in_parallel start_tunnel < <(tunnels)
  in_parallel speak first < <(tunnels)
  [ "$(<"$LAB/keepalive")" = 0 ] || cmd_wait 45
  in_parallel speak second < <(tunnels)
}

# "IFACE KEY" for every peer of a host that can be called and never shook hands.
missing_handshakes() {
  in_host "$1" timeout 5 wg show all dump | awk 'NF == 9 && $4 != "(none)" && $6 == 0 {print $1, $2}'
}

# Drops from the array `waiting` the hosts that have all their handshakes; succeeds when none is left.
all_shook_hands() {
  local host missing left=()
  for host in "${waiting[@]}"; do
    missing=$(missing_handshakes "$host") && [ -z "$missing" ] || left+=("$host")
  done
  waiting=("${left[@]}")
  [ ${#waiting[@]} = 0 ]
}

# Names the host that the others know by this public key on an interface.
owner_of() {
  local file
  file=$(grep -lxF -- "$2" "$LAB"/*/"$1.pub")
  file=${file%/*}
  echo "${file##*/}"
}

cmd_wait() {
  takes 0 1 'wait [SECONDS]' "$@"
  local host iface key waiting=() missing='' before
  for host in $(hosts); do
    ! is_alive "$host" || waiting+=("$host")
  done
  ! poll "${1:-15}" all_shook_hands || return 0
  for host in "${waiting[@]}"; do
    before=$missing
    while read -r iface key; do missing+=" $host-$(owner_of "$iface" "$key")"; done < <(missing_handshakes "$host")
    [ "$missing" != "$before" ] || missing+=" $host (its WireGuard does not answer)"
  done
  die "no handshake after ${1:-15} s:$missing; 'lab status' shows the faults in force"
}

# Makes a host's tunnels speak at once from where they are now. wireguard-go needs it after an address change: it keeps
# sending from the lost address, fails, and its keepalive timer dies.
nudge() {
  # shellcheck disable=SC2016  # expands on the host
  in_host "$1" bash -euc '
    wg show all dump | awk "NF == 9 && \$4 != \"(none)\" && \$9 != \"off\" {print \$1, \$2, \$4, \$9}" |
      while read -r iface key endpoint keepalive; do
        wg set "$iface" peer "$key" endpoint "$endpoint" persistent-keepalive 0
        wg set "$iface" peer "$key" persistent-keepalive "$keepalive"
      done'
}

cmd_wg-kill() {
  takes 1 2 'wg-kill HOST [IFACE]' "$@"
  need_host "$1"
  local host=$1 ifaces iface
  ifaces=$(chosen_ifaces "$@")
  for iface in $ifaces; do
    if [ "$(<"$LAB/implementation")" = kernel ]; then
      in_host "$host" ip link del "$iface"
    else
      cmd_stop "$host" "wireguard-$iface" KILL
      poll 5 not has_tunnel "$host" "$iface" || die "$iface stays on $host although its wireguard-go is dead"
    fi
  done
}

cmd_wg-start() {
  takes 1 2 'wg-start HOST [IFACE]' "$@"
  need_host "$1"
  local host=$1 ifaces iface
  ifaces=$(chosen_ifaces "$@")
  for iface in $ifaces; do
    ! has_tunnel "$host" "$iface" || die "$host has $iface already"
    start_tunnel "$host" "$iface"
    speak_up "$iface" "$host"
  done
}
