# shellcheck shell=bash
# Faults between two hosts: cut, reject, loss, blackhole, and heal. $LAB/faults lists those in force; the firewalls of the
# routers are always written anew from that list; a host's own is never touched.

# Where traffic between two hosts can be stopped: the NAT router of either, else the core.
router_between() {
  local a_uplink b_uplink
  a_uplink=$(fact "$1" uplink)
  b_uplink=$(fact "$2" uplink)
  if [ "$a_uplink" != core ]; then echo "$a_uplink"; else echo "$b_uplink"; fi
}

# How a router recognises the traffic that comes from (iif saddr) or goes to (oif daddr) a host.
side() {
  local router=$1 host=$2 interface=$3 address=$4
  if [ "$(fact "$host" uplink)" = "$router" ]; then
    echo "${interface}name \"v-$host\""
  else
    echo "${interface}name \"eth0\" ip $address $(public_net "$host")"
  fi
}

# The nft matches of PROTO[/PORT]; a port counts at either end, so that both directions of a connection match.
protocol_matches() {
  case $1 in
    all) echo ' ' ;;
    icmp) echo 'meta l4proto { icmp, ipv6-icmp }' ;;
    */*) printf '%s sport %s\n%s dport %s\n' "${1%/*}" "${1#*/}" "${1%/*}" "${1#*/}" ;;
    *) echo "meta l4proto $1" ;;
  esac
}

# The nft rules of one fault line, for instance: cut n1 mgr one-way tcp/5086.
fault_rules() {
  local kind=$1 a=$2 b=$3 router verdict=drop one_way='' protocols=() word match
  shift 3
  case $kind in
    loss)
      verdict="numgen random mod 100 < $1 drop"
      shift
      ;;
    reject) verdict='reject with icmpx type admin-prohibited' ;;
    blackhole) return ;; # a route on the host itself
  esac
  for word in "$@"; do
    if [ "$word" = one-way ]; then one_way=1; else protocols+=("$word"); fi
  done
  router=$(router_between "$a" "$b")
  for word in "${protocols[@]:-all}"; do
    protocol_matches "$word" | while read -r match; do
      echo "add rule inet lab faults $(side "$router" "$a" iif saddr) $(side "$router" "$b" oif daddr) $match $verdict"
      [ -n "$one_way" ] ||
        echo "add rule inet lab faults $(side "$router" "$b" iif saddr) $(side "$router" "$a" oif daddr) $match $verdict"
    done
  done
}

# Makes every router drop what the topology keeps apart and what the fault list says, and nothing else.
apply_faults() {
  local router kind a b rest
  for router in core $(routers); do
    {
      echo flush chain inet lab faults
      sed -n 's/^apart /cut /p' "$LAB/topo" | cat - "$LAB/faults" | while read -r kind a b rest; do
        # shellcheck disable=SC2086  # words
        [ "$(router_between "$a" "$b")" != "$router" ] || fault_rules "$kind" "$a" "$b" $rest
      done
    } | in_host "$router" nft -f -
  done
}

# Refuses a fault line that makes no sense.
check_fault() {
  takes 3 999 "$1 A B ..." "$@"
  local kind=$1 a=$2 b=$3 word
  shift 3
  need_host "$a"
  need_host "$b"
  [ "$a" != "$b" ] || die "$kind: $a and $b are the same host"
  [[ $(fact "$a" uplink) != "$b" && $(fact "$b" uplink) != "$a" ]] ||
    die "$kind: nothing lies between a host and its NAT router; unplug it with: lab link HOST down"
  if [ "$kind" = loss ]; then
    [[ ${1:-} =~ ^[1-9][0-9]?$ ]] || die "loss: how much? lab loss A B PERCENT, 1 to 99 (all of it is a cut)"
    shift
  fi
  for word in "$@"; do
    [[ $word =~ ^(one-way|icmp|(udp|tcp)(/([1-9][0-9]{0,4}))?)$ && ${BASH_REMATCH[4]:-1} -le 65535 ]] ||
      die "$kind: '$word' is none of one-way, icmp, udp, tcp, udp/PORT, tcp/PORT"
  done
}

# Adds a fault between two hosts: cut, reject or loss.
add_fault() {
  check_fault "$@"
  exec 9>>"$LAB/faults"
  flock 9
  echo "$*" >&9
  apply_faults
}

cmd_blackhole() {
  takes 2 2 'blackhole HOST TO' "$@"
  check_fault blackhole "$@"
  in_host "$1" ip route add blackhole "$(public_net "$2")"
  in_host "$1" ip route add blackhole "fd99:$(fact "$2" id)::/64"
  add_fault blackhole "$@"
}

# Does a fault line concern this host, or these two?
concerns() {
  local a=$1 b=$2 x=$3 y=$4
  [ -z "$x" ] || [ "$x $y" = "$a $b" ] || [ "$y $x" = "$a $b" ] || { [ -z "$y" ] && { [ "$x" = "$a" ] || [ "$x" = "$b" ]; }; }
}

cmd_heal() {
  takes 0 2 'heal [A [B]]' "$@"
  local kind a b rest kept=''
  exec 9>>"$LAB/faults"
  flock 9
  while read -r kind a b rest; do
    if ! concerns "$a" "$b" "${1:-}" "${2:-}"; then
      kept+="$kind $a $b $rest"$'\n'
    elif [ "$kind" = blackhole ] && is_alive "$a"; then
      in_host "$a" ip route del blackhole "$(public_net "$b")" || : # a reboot forgets it
      in_host "$a" ip route del blackhole "fd99:$(fact "$b" id)::/64" || :
    fi
  done <"$LAB/faults"
  printf %s "$kept" >"$LAB/faults"
  apply_faults
}
