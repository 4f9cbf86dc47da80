# bash completion for thonctl(1)
_thonctl() {
        local cur words nouns
        cur=${COMP_WORDS[COMP_CWORD]}
        words=
        local i
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                --store | --broker | --config-dir | --by) ((i++)) ;;
                --*) ;;
                *) words="$words ${COMP_WORDS[i]}" ;;
                esac
        done
        nouns="setup status store sun lunar area household person group device light camera announce notify report audit user retention"
        case $words in
        "") COMPREPLY=($(compgen -W "--json --store --broker --config-dir --by --help --version $nouns" -- "$cur")) ;;
        " help") COMPREPLY=($(compgen -W "$nouns" -- "$cur")) ;;
        " store") COMPREPLY=($(compgen -W "init check backup backups restore erase-again" -- "$cur")) ;;
        " retention") COMPREPLY=($(compgen -W "--enforce" -- "$cur")) ;;
        " audit") COMPREPLY=($(compgen -W "verify export" -- "$cur")) ;;
        " setup"*)
                COMPREPLY=($(compgen -f -W "--yes --dry-run --id --name --lat --lon --tz --area --chip --relay --night --zone \
                        --zone-name --user --user-name --password-file" -- "$cur"))
                ;;
        " user") COMPREPLY=($(compgen -W "list show add set passwd disable enable remove" -- "$cur")) ;;
        " user add"*) COMPREPLY=($(compgen -f -W "--name --person --role --password-file" -- "$cur")) ;;
        " user set"* | " user passwd"* | " user show" | " user disable" | " user enable" | " user remove")
                local users
                users=$(thonctl --json user list 2>/dev/null | sed -n 's/^ *"id": "\(.*\)",*$/\1/p')
                COMPREPLY=($(compgen -f -W "$users --name --person --role --password-file" -- "$cur"))
                ;;
        " sun") COMPREPLY=($(compgen -W "--at --tz --date --days" -- "$cur")) ;;
        " lunar") COMPREPLY=($(compgen -W "--date --days --to-solar" -- "$cur")) ;;
        " area") COMPREPLY=($(compgen -W "list show add set remove import export merge" -- "$cur")) ;;
        " household") COMPREPLY=($(compgen -W "list show add set remove import export find erase" -- "$cur")) ;;
        " group") COMPREPLY=($(compgen -W "list show add set remove import export join leave" -- "$cur")) ;;
        " person") COMPREPLY=($(compgen -W "list show add set remove import export pin erase" -- "$cur")) ;;
        " device") COMPREPLY=($(compgen -W "list show add set remove import export secret" -- "$cur")) ;;
        " camera")
                COMPREPLY=($(compgen -W "list show check power-cycle maintenance relearn discover history incidents report" \
                        -- "$cur"))
                ;;
        " camera list") COMPREPLY=($(compgen -W "--area --bad" -- "$cur")) ;;
        " camera discover") COMPREPLY=($(compgen -W "--wait --add --area --user" -- "$cur")) ;;
        " camera incidents") COMPREPLY=($(compgen -W "--all --from --to" -- "$cur")) ;;
        " camera report") COMPREPLY=($(compgen -W "--month --area --csv" -- "$cur")) ;;
        " camera show" | " camera check" | " camera power-cycle" | " camera maintenance" | " camera relearn" | \
                " camera history" | " device secret")
                local cameras
                cameras=$(thonctl --json device list 2>/dev/null | sed -n 's/^ *"id": "\(.*\)",*$/\1/p')
                COMPREPLY=($(compgen -W "$cameras --reason --for --until --end --from --to --limit --remove" -- "$cur"))
                ;;
        " announce")
                COMPREPLY=($(compgen -W "submit say list show edit approve cancel rehearse read cap log report evidence" \
                        -- "$cur"))
                ;;
        " announce submit"*)
                COMPREPLY=($(compgen -f -W "--zone --text --file --media --source --for --class --title --at --repeat --every \
                        --days --times --except --from --until --expires --latest --resume --no-chime --exercise --lamps \
                        --notify --reason --id --pin-file --json-file" -- "$cur"))
                ;;
        " announce say"*)
                COMPREPLY=($(compgen -f -W "--zone --wait --title --class --reason --no-chime --exercise --pin-file" -- "$cur"))
                ;;
        " announce list") COMPREPLY=($(compgen -W "--all --limit" -- "$cur")) ;;
        " announce show" | " announce edit" | " announce approve" | " announce cancel")
                local announcements
                announcements=$(thonctl --json announce list 2>/dev/null | sed -n 's/^ *"id": "\(.*\)",*$/\1/p')
                COMPREPLY=($(compgen -W "$announcements --reading --reason --pin-file" -- "$cur"))
                ;;
        " announce rehearse"*) COMPREPLY=($(compgen -f -W "--from --days --zone" -- "$cur")) ;;
        " announce read"*) COMPREPLY=($(compgen -f -W "--file --dialect --dictionary north central south" -- "$cur")) ;;
        " announce cap"*) COMPREPLY=($(compgen -f -W "--dry-run --at" -- "$cur")) ;;
        " announce log"*) COMPREPLY=($(compgen -W "--zone --from --to --limit" -- "$cur")) ;;
        " announce report") COMPREPLY=($(compgen -W "--month --csv" -- "$cur")) ;;
        " announce evidence"*) COMPREPLY=($(compgen -f -W "--from --to" -- "$cur")) ;;
        " audit verify"*) COMPREPLY=($(compgen -f -W "--head --pack" -- "$cur")) ;;
        " person pin"*) COMPREPLY=($(compgen -f -W "--pin-file --remove" -- "$cur")) ;;
        " light")
                COMPREPLY=($(compgen -W "list show on off auto lock unlock meter plan rehearse program calendar history energy" \
                        -- "$cur"))
                ;;
        " light program" | " light calendar") COMPREPLY=($(compgen -W "list show set remove" -- "$cur")) ;;
        " light on" | " light off" | " light auto" | " light show" | " light lock" | " light unlock" | " light meter" | \
                " light history" | " light energy")
                local circuits
                circuits=$(thonctl --json device list --kind circuit 2>/dev/null | sed -n 's/^ *"id": "\(.*\)",*$/\1/p')
                COMPREPLY=($(compgen -W "all $circuits --for --until --reason --from --to --days --limit" -- "$cur"))
                ;;
        " notify") COMPREPLY=($(compgen -W "send cancel ack list show coverage visits resolve retry" -- "$cur")) ;;
        " notify send")
                COMPREPLY=($(compgen -W "--to --text --file --template --value --class --purpose --not-before --expires --key \
                        --supersedes --ack --escalate" -- "$cur"))
                ;;
        " notify resolve"*) COMPREPLY=($(compgen -W "--as --household --person sent not-sent repeat" -- "$cur")) ;;
        " notify coverage"* | " notify visits"*) COMPREPLY=($(compgen -W "--csv --unknown" -- "$cur")) ;;
        " notify list") COMPREPLY=($(compgen -W "--all --limit" -- "$cur")) ;;
        " report") COMPREPLY=($(compgen -W "list show assign start answer close" -- "$cur")) ;;
        " report close"*) COMPREPLY=($(compgen -W "--refused --text" -- "$cur")) ;;
        " report list") COMPREPLY=($(compgen -W "--all --limit" -- "$cur")) ;;
        " light plan") COMPREPLY=($(compgen -W "--from --days --circuit" -- "$cur")) ;;
        *" import" | *" set" | *" rehearse" | *" backup" | *" restore")
                COMPREPLY=($(compgen -f -W "--dry-run --from --days" -- "$cur"))
                ;;
        *" list") COMPREPLY=($(compgen -W "--area --kind" -- "$cur")) ;;
        esac
}
complete -o filenames -F _thonctl thonctl
