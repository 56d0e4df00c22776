# shellcheck shell=bash
# What the lab knows: its state folder $LAB, the topology, and what follows from it.
#
# $LAB/topo           the topology, without comments
# $LAB/pairs          "IFACE NET FIRST SECOND" for every two tunnel ends; FIRST starts the conversation
# $LAB/faults         one line for each fault in force, as it was typed
# $LAB/implementation kernel or userspace; $LAB/keepalive  seconds
# $LAB/HOST/          pid (while it lives), id, uplink (core or its NAT router), address, IFACE.key, IFACE.pub
#                     (what the others believe), IFACE.PEER.psk, run/NAME.{log,pid}

MGR_ID=250
MGR_ADDRESS=10.99.$MGR_ID.2

# Ends the command, saying what happened and what to do next.
die() {
  echo "lab: $*" >&2
  exit 1
}

# Repeats a command until it succeeds; fails when SECONDS have passed.
poll() {
  local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  shift
  until "$@"; do
    [ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
    sleep 0.02
  done
}

# Succeeds when a command fails.
not() { ! "$@"; }

# Refuses a wrong number of arguments: takes MIN MAX USAGE ARGUMENTS...
takes() {
  local min=$1 max=$2 usage=$3
  shift 3
  [[ $# -ge $min && $# -le $max ]] || die "usage: lab $usage"
}

# Runs a command once for each line of stdin (its words appended), all at once; fails when any of them failed.
in_parallel() {
  local words pids=() pid failed=0
  while read -ra words; do
    "$@" "${words[@]}" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  return $failed
}

# The hosts of the topology, without routers; mgr first.
hosts() { awk '$1 == "host" {print $2}' "$LAB/topo"; }

# The NAT routers of the topology.
routers() { awk '$1 == "router" {print $2}' "$LAB/topo"; }

# Is this the name of a router?
is_router() { grep -qx "router $1" "$LAB/topo"; }

# Refuses a name that is no host or router of this lab.
need_host() {
  [ -e "$LAB/topo" ] || die "no lab is up in $LAB; start one with: lab up 3"
  [ -e "$LAB/$1/id" ] || die "no host $1 here; 'lab hosts' lists them"
}

# Prints one small state file, for instance: fact n1 address.
fact() {
  local value
  read -r value <"$LAB/$1/$2"
  echo "$value"
}

# The network in which a host is known across the core: behind NAT, that of its router.
public_net() {
  local host=$1 uplink
  uplink=$(fact "$host" uplink)
  if [ "$uplink" = core ]; then uplink=$host; fi
  echo "10.99.$(fact "$uplink" id).0/24"
}

# The tunnel interfaces of a host.
ifaces_of() { awk -v h="$1" '($3 == h || $4 == h) && !seen[$1]++ {print $1}' "$LAB/pairs"; }

# The interfaces a command should act on: the one named, or all of the host's.
chosen_ifaces() {
  local host=$1 iface=${2:-} all
  all=$(ifaces_of "$host")
  [ -n "$all" ] || die "$host has no WireGuard interface"
  [ -z "$iface" ] || grep -qxF -- "$iface" <<<"$all" || die "$host has no $iface; it has: ${all//$'\n'/ }"
  echo "${iface:-$all}"
}

# "PEER first|second" for every peer of a host on an interface; the word is the role of the host itself.
peers_of() {
  awk -v h="$1" -v i="$2" '$1 == i && $3 == h {print $4, "first"} $1 == i && $4 == h {print $3, "second"}' "$LAB/pairs"
}

# The first interface on which two hosts are peers.
shared_iface() {
  local iface
  iface=$(awk -v a="$1" -v b="$2" '($3 == a && $4 == b) || ($3 == b && $4 == a) {print $1; exit}' "$LAB/pairs")
  [ -n "$iface" ] || die "$1 and $2 are not WireGuard peers"
  echo "$iface"
}

# The address of a host inside the tunnel network of an interface.
tunnel_address() {
  local net
  net=$(awk -v i="$2" '$1 == i {print $2; exit}' "$LAB/pairs")
  echo "${net%.*}.$(fact "$1" id)"
}

# The topology of N hosts n1..nN in one full mesh.
full_mesh() {
  [[ $1 =~ ^[0-9]+$ && $1 -ge 2 && $1 -le 200 ]] || die "up: N is a number from 2 to 200, not '$1'"
  local names
  mapfile -t names < <(seq -f 'n%.0f' "$1")
  printf 'host %s\n' "${names[@]}"
  echo "wg wg0 10.66.0.0/24 ${names[*]}"
}

# Reads a topology from stdin into the state folder.
read_topology() {
  sed 's/#.*//; /^[[:space:]]*$/d' >"$LAB/topo"
  grep -qx 'host mgr' "$LAB/topo" || sed -i '1i host mgr' "$LAB/topo"
  : >"$LAB/faults"
  : >"$LAB/pairs"
  local kind name rest next_id=11
  while read -r kind name rest; do
    case $kind in
      host | router) add_host "$name" "$rest" ;;
      wg | apart) ;;
      *) die "topology: a line starts with host, router, wg or apart, not with '$kind'" ;;
    esac
  done <"$LAB/topo"
  local words
  while read -ra words; do
    case ${words[0]} in
      wg) add_mesh "${words[@]:1}" >>"$LAB/pairs" ;;
      apart) check_fault cut "${words[@]:1}" ;;
    esac
  done <"$LAB/topo"
}

# Gives a host its number, its uplink and the files it will see in place of the machine's own.
add_host() {
  local name=$1 nat=$2 uplink=core dir=$LAB/$1
  [[ $name =~ ^[a-z][a-z0-9]{0,11}$ ]] || die "topology: '$name' is no host name (a-z0-9, at most 12)"
  [ ! -e "$dir" ] || die "topology: there are two hosts $name"
  case $nat in
    '') ;;
    nat=*)
      uplink=${nat#nat=}
      is_router "$uplink" || die "topology: $name is behind $uplink, which is no router"
      ;;
    *) die "topology: host $name: '$nat' is not understood; only nat=ROUTER is" ;;
  esac
  mkdir -p "$dir/run"
  if [ "$name" = mgr ]; then
    echo $MGR_ID >"$dir/id"
  else
    [ "$next_id" -lt "$MGR_ID" ] || die "topology: more hosts than addresses"
    echo $((next_id++)) >"$dir/id"
  fi
  echo "$uplink" >"$dir/uplink"
  echo "nameserver $MGR_ADDRESS" >"$dir/resolv.conf"
  printf '127.0.0.1 localhost %s\n%s mgr\n' "$name" "$MGR_ADDRESS" >"$dir/hosts"
  md5sum <<<"$name" | cut -c1-32 >"$dir/machine-id"
}

# Prints the pairs of one mesh. Behind NAT speaks first, since nobody can call it; otherwise the one listed first.
add_mesh() {
  local iface=$1 net=$2 a b
  [[ $iface =~ ^wg[0-9]{1,3}$ ]] || die "topology: '$iface' is no interface name; wg0 to wg999 are"
  [[ $net =~ ^([0-9]+\.){3}0/24$ ]] || die "topology: $iface: '$net' is no network like 10.66.0.0/24"
  shift 2
  for b in "$@"; do [ -e "$LAB/$b/id" ] || die "topology: wg $iface names $b, which is no host"; done
  while [ $# -gt 1 ]; do
    a=$1
    shift
    for b in "$@"; do
      if [ "$(fact "$a" uplink)" = core ] && [ "$(fact "$b" uplink)" != core ]; then
        echo "$iface $net $b $a"
      else
        echo "$iface $net $a $b"
      fi
    done
  done
}
