# shellcheck shell=bash
# Keys that change while the tunnels run: rekey, preshared keys, and a key that is copied to another host.

# On a host, forgets the peer with the key OLD and introduces PEER afresh; counters start again at 0.
replace_peer() {
  local host=$1 iface=$2 peer=$3 old=$4 net words
  has_tunnel "$host" "$iface" || return 0
  net=$(tunnel_address "$host" "$iface")
  words=(peer "$old" remove)
  describe_peer "$host" "$iface" "$peer" "${net%.*}"
  in_host "$host" wg set "$iface" "${words[@]}"
}

# Has these hosts speak on an interface, those who go first before the others.
speak_up() {
  local iface=$1 role host
  shift
  for role in first second; do
    for host in "$@"; do ! has_tunnel "$host" "$iface" || speak "$role" "$host" "$iface"; done
  done
}

cmd_rekey() {
  takes 1 2 'rekey HOST [IFACE]' "$@"
  need_host "$1"
  local host=$1 ifaces iface peers peer old
  ifaces=$(chosen_ifaces "$@")
  for iface in $ifaces; do
    old=$(fact "$host" "$iface.pub")
    make_key "$host" "$iface"
    mapfile -t peers < <(peers_of "$host" "$iface" | cut -d' ' -f1)
    ! has_tunnel "$host" "$iface" || in_host "$host" wg set "$iface" private-key "$LAB/$host/$iface.key"
    for peer in "${peers[@]}"; do
      replace_peer "$peer" "$iface" "$host" "$old"
      replace_peer "$host" "$iface" "$peer" "$(fact "$peer" "$iface.pub")"
    done
    speak_up "$iface" "$host" "${peers[@]}"
    echo "$iface $old -> $(fact "$host" "$iface.pub")"
  done
}

cmd_psk() {
  takes 3 4 'psk A B set|change|remove [A|B]' "$@"
  local a=$1 b=$2 action=$3 only=${4:-} iface key host peer changed=()
  need_host "$a"
  need_host "$b"
  [ -z "$only" ] || [ "$only" = "$a" ] || [ "$only" = "$b" ] || die "psk: only at $only? It must be $a or $b"
  iface=$(shared_iface "$a" "$b")
  case $action in
    set | change) key=$(wg genpsk) ;;
    remove) key='' ;;
    *) die "psk: set, change or remove, not '$action'" ;;
  esac
  for host in "$a" "$b"; do
    [ -z "$only" ] || [ "$only" = "$host" ] || continue
    peer=$a
    [ "$host" != "$a" ] || peer=$b
    if [ -n "$key" ]; then
      (umask 077 && echo "$key" >"$LAB/$host/$iface.$peer.psk")
    else
      rm -f "$LAB/$host/$iface.$peer.psk"
    fi
    replace_peer "$host" "$iface" "$peer" "$(fact "$peer" "$iface.pub")"
    changed+=("$host")
  done
  speak_up "$iface" "${changed[@]}"
}

cmd_clone() {
  takes 2 3 'clone FROM TO [IFACE]' "$@"
  need_host "$1"
  need_host "$2"
  local from=$1 to=$2 iface=${3:-}
  [ -n "$iface" ] || iface=$(shared_iface "$from" "$to")
  iface=$(chosen_ifaces "$to" "$iface")
  [ -e "$LAB/$from/$iface.key" ] || die "$from has no $iface"
  cp "$LAB/$from/$iface.key" "$LAB/$to/$iface.key"
  if has_tunnel "$to" "$iface"; then
    in_host "$to" wg set "$iface" private-key "$LAB/$to/$iface.key"
    nudge "$to"
  fi
}
