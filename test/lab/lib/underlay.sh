# shellcheck shell=bash
# The network below the tunnels: every host hangs on its own cable v-HOST at the core router, or at its NAT router.

OUTSIDE_LINK=kattila-lab

# Lets a namespace forward, and gives it the chain that faults are written to.
make_router() {
  in_host "$1" sh -euc '
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    echo 1 >/proc/sys/net/ipv6/conf/all/keep_addr_on_down
    nft -f -' <<'NFT'
add table inet lab
add chain inet lab faults { type filter hook forward priority 0; }
NFT
}

# Turns a router into a NAT site's: what leaves wears its address, what was not asked for does not come in.
make_nat() {
  make_router "$1"
  in_host "$1" nft -f - <<'NFT'
add chain inet lab firewall { type filter hook forward priority 1; }
add rule inet lab firewall iifname "eth0" ct state new drop
add table ip nat
add chain ip nat post { type nat hook postrouting priority 100; }
add rule ip nat post oifname "eth0" masquerade
NFT
}

# Plugs a host into its uplink. Across the core it is 10.99.ID.2 and fd99:ID::2, behind NAT 192.168.ID.2.
attach() {
  local host=$1 id uplink pid uplink_pid net=10.99
  id=$(fact "$host" id)
  uplink=$(fact "$host" uplink)
  [ "$uplink" = core ] || net=192.168
  pid=$(pid_of "$host")
  uplink_pid=$(pid_of "$uplink")
  {
    echo "link add v-$host type veth peer name eth0 netns $pid"
    echo "addr add $net.$id.1/24 dev v-$host"
    [ "$uplink" != core ] || echo "addr add fd99:$id::1/64 dev v-$host nodad"
    echo "link set v-$host up"
  } | nsenter -t "$uplink_pid" -n ip -batch -
  {
    echo "addr add $net.$id.2/24 dev eth0"
    [ "$uplink" != core ] || echo "addr add fd99:$id::2/64 dev eth0 nodad"
    echo "link set eth0 up"
    echo "route add default via $net.$id.1"
    [ "$uplink" != core ] || echo "route add default via fd99:$id::1"
  } | nsenter -t "$pid" -n ip -batch -
  echo "$net.$id.2" >"$LAB/$host/address"
}

# Lets the namespace that called `lab up` reach mgr's port 5086, and nothing else in either direction.
make_reachable() {
  ! ip link show $OUTSIDE_LINK >/dev/null 2>&1 || die "another lab is reachable from here; take it down first: LAB=ITS_FOLDER lab down"
  ip -batch - <<IP
link add $OUTSIDE_LINK type veth peer name outside netns $(pid_of core)
addr add 10.99.254.1/30 dev $OUTSIDE_LINK
link set $OUTSIDE_LINK up
IP
  : >"$LAB/reachable"
  in_host core ip -batch - <<'IP'
addr add 10.99.254.2/30 dev outside
link set outside up
IP
  in_host core nft -f - <<NFT
add chain inet lab outside { type filter hook forward priority 1; }
add rule inet lab outside iifname "outside" ip daddr $MGR_ADDRESS tcp dport 5086 accept
add rule inet lab outside oifname "outside" ct state established accept
add rule inet lab outside iifname "outside" drop
add rule inet lab outside oifname "outside" drop
NFT
  ip route add "$MGR_ADDRESS" via 10.99.254.2
  echo "$MGR_ADDRESS:5086"
}

cmd_link() {
  takes 2 2 'link HOST up|down' "$@"
  [[ $2 =~ ^(up|down)$ ]] || die "link: up or down, not '$2'"
  need_host "$1"
  in_host "$(fact "$1" uplink)" ip link set "v-$1" "$2" # the far end, so that the host sees its carrier go
}

cmd_flap() {
  takes 3 3 'flap HOST COUNT SECONDS' "$@"
  local count
  for ((count = 0; count < $2; count++)); do
    cmd_link "$1" down
    sleep "$3"
    cmd_link "$1" up
    sleep "$3"
  done
}

cmd_roam() {
  takes 1 2 'roam HOST [ADDRESS]' "$@"
  need_host "$1"
  local host=$1 old new
  old=$(fact "$host" address)
  new=${2:-${old%.*}.$((RANDOM % 200 + 20))}
  [[ ${new%.*} = "${old%.*}" && $new != "${old%.*}.1" ]] || die "roam: the core only routes ${old%.*}.2 to .254 to $host"
  in_host "$host" ip -batch - <<IP
addr del $old/24 dev eth0
addr add $new/24 dev eth0
route replace default via ${old%.*}.1
IP
  echo "$new" >"$LAB/$host/address"
  nudge "$host"
  echo "$new"
}

cmd_mtu() {
  takes 3 3 'mtu HOST IFACE BYTES' "$@"
  need_host "$1"
  in_host "$1" ip link set "$2" mtu "$3"
}
