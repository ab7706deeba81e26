#!/usr/bin/env bats
# The three shells really complete: verbs, options, the words of an option, keys of records.
load helpers

# bash_complete WORD...: what bash offers for the last word.
bash_complete() {
    bash --norc --noprofile -c '
        compopt() { :; }  # needs a running completion
        source "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "_$1"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$NM_ROOT/completions/$1.bash" "$@"
}

fish_complete() { fish --no-config -c "source $NM_ROOT/completions/$1.fish; complete -C '$2'" | cut -f 1; }

# What zsh offers, by a terminal of its own: the words that a redefined compadd was given, up to the line that
# the Tab key prints when completion is through.
zsh_complete() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1= ; stty -echo; setopt no_beep"
        zpty -w shell "autoload -Uz compinit; compinit -u -D; source $1"
        zpty -w shell "compadd() { local -a hits; builtin compadd -O hits \"\$@\"; print -r -- HIT:\${(j: :)hits}; builtin compadd \"\$@\" }"
        zpty -w shell "complete-and-tell() { zle complete-word; print -r -- COMPLE\TED }; zle -N complete-and-tell"
        zpty -w shell "bindkey \"^I\" complete-and-tell; print REA\DY"
        zpty -r -m shell line "*READY*"
        zpty -n -w shell "$2"$'"'\\t'"'
        while zpty -r shell line && [[ $line != *COMPLETED* ]]; do print -r -- "$line"; done
        zpty -d shell' zsh "$NM_ROOT/completions/_$1" "$2" |
        tr -d '\r' | grep -o 'HIT:.*' | sed 's/^HIT://' | tr ' ' '\n'
}

# expect WORD < LIST
expect() { grep -qxF -- "$1" || fail_with "$2 is not offered"; }

setup() { clean_environment; }

@test "bash completes verbs, options, words, keys and files of every tool" {
    while read -r tool verb; do
        bash_complete "$tool" '' | expect "$verb" "$tool $verb"
        while read -r option; do
            bash_complete "$tool" "$verb" "--${option:0:2}" | expect "--$option" "bash: $tool $verb --$option"
        done < <(verb_json "$tool" "$verb" '.options[].long[]')
        bash_complete "$tool" "$verb" --format '' | expect json "bash: $tool $verb --format json"
        bash_complete "$tool" "$verb" --fields 'ts,t' | expect "ts,ts" "bash: $tool $verb --fields ts"
        bash_complete "$tool" "$verb" --format = | expect json "bash: $tool $verb --format="
        bash_complete "$tool" "$verb" --format = j | expect json "bash: $tool $verb --format=j"
    done < <(nm_verbs)
    bash_complete nmflowtool top --by 'src_ip,dst_po' | expect src_ip,dst_port "bash: a key behind another after --by"
    cd "$BATS_TEST_TMPDIR"
    touch targets.yaml
    bash_complete nmprobe ping -f targ | expect targets.yaml "bash: a file after -f"
}

@test "fish completes verbs, options and words of every tool" {
    command -v fish >/dev/null || skip "needs fish"
    while read -r tool verb; do
        fish_complete "$tool" "$tool " | expect "$verb" "fish: $tool $verb"
        offered=$(fish_complete "$tool" "$tool $verb --")
        while read -r option; do
            expect "--$option" "fish: $tool $verb --$option" <<<"$offered"
        done < <(verb_json "$tool" "$verb" '.options[].long[]')
        fish_complete "$tool" "$tool $verb --format " | expect json "fish: $tool $verb --format json"
        fish_complete "$tool" "$tool $verb --format=" | expect --format=json "fish: $tool $verb --format=json"
    done < <(nm_verbs)
    fish_complete nmflowtool 'nmflowtool top --by ' | expect src_as 'fish: --by src_as'
}

@test "zsh completes verbs, options and words of every tool" {
    command -v zsh >/dev/null || skip "needs zsh"
    while read -r tool verb; do
        zsh_complete "$tool" "$tool " | expect "$verb" "zsh: $tool $verb"
        offered=$(zsh_complete "$tool" "$tool $verb --")
        while read -r option; do
            expect "--$option" "zsh: $tool $verb --$option" <<<"$offered"
        done < <(verb_json "$tool" "$verb" '.options[].long[]')
        zsh_complete "$tool" "$tool $verb --format " | expect json "zsh: $tool $verb --format json"
        zsh_complete "$tool" "$tool $verb --format=" | expect json "zsh: $tool $verb --format=json"
    done < <(nm_verbs)
    zsh_complete nmflowtool 'nmflowtool top --by ' | expect src_as 'zsh: --by src_as'
}
