# Sourced by the scripts that make something in a chroot of a release: one way to call mmdebstrap.
#
# The host's own mirror and its way there (a proxy, say) are taken over, so that a machine which may only reach one place
# reaches the other release's packages as well.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' |
        sed -n 's/^Debian Debian \(https\?:.*\)/\1/p' | head -n 1)
apt_options=()
while read -r option; do
        apt_options+=("--aptopt=$option")
done < <(apt-config dump | grep -E '^Acquire::(https?::.*Proxy|Check-|Retries)' || true)

# usage: bootstrap RELEASE OPTION... ; keeps nothing of the chroot but what a hook takes out
bootstrap() {
        local release=$1
        shift
        nice mmdebstrap --quiet --architectures=amd64 --format=null "${apt_options[@]}" \
                --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
                --dpkgopt='path-exclude=/usr/share/locale/*' "$@" "$release" /dev/null \
                "${mirror:-http://deb.debian.org/debian}"
}

# Hooks may run as another user than the caller (in a user namespace): they leave their results where all may write.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 1777 "$work"
