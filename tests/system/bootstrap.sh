# shellcheck shell=bash
# Sourced by the scripts that make something in a chroot of a release: one way to call mmdebstrap.
#
# The host's own mirror and its way there (a proxy, say) are taken over, so that a machine which may only reach one place
# reaches the other release's packages as well. A host that names none leaves the choice to mmdebstrap.
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' |
        sed -n 's/^Debian Debian \(https\?:.*\)/\1/p' | head -n 1)
apt_options=()
while read -r option; do
        apt_options+=("--aptopt=$option")
done < <(apt-config dump | grep -E '^Acquire::(https?::.*Proxy|Check-|Retries)' || true)

# usage: bootstrap RELEASE TARGET OPTION... ; TARGET is "-" for a tar, or /dev/null when the hooks take out what is wanted
bootstrap() {
        local release=$1 target=$2
        shift 2
        nice mmdebstrap --quiet --architectures=amd64 "${apt_options[@]}" \
                --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
                --dpkgopt='path-exclude=/usr/share/locale/*' "$@" "$release" "$target" \
                ${mirror:+"$mirror"}
}

# Hooks may run as another user than the caller (in a user namespace): they leave their results where all may write.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 1777 "$work"
