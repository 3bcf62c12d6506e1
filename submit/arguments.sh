# Sourced by scripts that build before they start Java, so that a wrong argument costs no build.

# bad_usage COMMAND SENTENCE: ends the script as the command itself does.
bad_usage() {
  printf '%s: %s\nSee %s --help\n' "$1" "$2" "$1" >&2
  exit 2
}

# check_arguments LIST NAME COMMAND ARGUMENT...: ends the script if a command of a list of options would
# refuse its arguments. The list is what OptionList makes of the command; a test compares them. Leaves the
# options in $given_options, between blanks; it is empty if the arguments ask for help.
check_arguments() {
  local list=$1 name=$2 command=$3 argument option kind value least most
  shift 3
  given_options=
  for argument in "$@"; do
    [ "$argument" != -- ] || break
    case "$argument" in -h | --help) return 0 ;; esac
  done
  local -A kinds=()
  local -a required=()
  local first second third fourth
  while read -r first second third fourth; do
    [ "$first" = "$name" ] || continue
    if [ "$second" = arguments ]; then
      least=$third most=$fourth
    else
      kinds[$second]=$third
      [ "$fourth" != required ] || required+=("$second")
    fi
  done <"$list"
  local words=0 given=" "
  while [ $# -gt 0 ]; do
    argument=$1
    shift
    if [ "$argument" = -- ]; then
      words=$((words + $#))
      break
    fi
    option=${argument%%=*}
    case "$argument" in
      -?*) ;;
      *)
        [[ $argument =~ [^[:space:]] ]] || bad_usage "$command" "An argument is empty"
        words=$((words + 1))
        [ "$words" -le "$most" ] || bad_usage "$command" "Unmatched argument: '$argument'"
        continue
        ;;
    esac
    kind=${kinds[$option]:-}
    [ -n "$kind" ] || bad_usage "$command" "Unknown option: '$argument'"
    if [ "$kind" != key=value ]; then
      case "$given" in
        *" $option "*) bad_usage "$command" "The option '$option' should be given only once" ;;
      esac
    fi
    given+="$option "
    if [ "$kind" = none ]; then
      [ "$option" = "$argument" ] || bad_usage "$command" "The option '$option' takes no value"
      continue
    fi
    if [ "$option" != "$argument" ]; then
      value=${argument#*=}
    elif [ $# -eq 0 ] || { [[ $1 == -* ]] && [ -n "${kinds[${1%%=*}]:-}" ]; }; then
      bad_usage "$command" "Missing required parameter for option '$option'"
    else
      value=$1
      shift
    fi
    check_value "$command" "$option" "$kind" "$value"
  done
  [ "$words" -ge "$least" ] || bad_usage "$command" "Missing required parameter"
  [ "$words" -le "$most" ] || bad_usage "$command" "$words arguments are too many"
  for option in "${required[@]}"; do
    case "$given" in
      *" $option "*) ;;
      *) bad_usage "$command" "Missing required option: '$option'" ;;
    esac
  done
  given_options=$given
}

# is_given OPTION
is_given() {
  case "$given_options" in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

check_value() {
  local command=$1 option=$2 kind=$3 value=$4
  case "$kind" in
    any) ;;
    text) [[ $value =~ [^[:space:]] ]] ||
      bad_usage "$command" "$option is empty; give a value or leave it out" ;;
    count) [[ $value =~ ^[+]?0*[1-9][0-9]*$ ]] ||
      bad_usage "$command" "Invalid value for option '$option': '$value' is no whole number of 1 or more" ;;
    integer) [[ $value =~ ^[+]?[0-9]+$ ]] ||
      bad_usage "$command" "Invalid value for option '$option': '$value' is no whole number" ;;
    number) [[ $value =~ ^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$ ]] ||
      bad_usage "$command" "Invalid value for option '$option': '$value' is no number" ;;
    key=value) [[ $value =~ ^[^=]*[^=[:space:]][^=]*= ]] ||
      bad_usage "$command" "Invalid value for option '$option': it should be KEY=VALUE" ;;
    some-of:*)
      local word words=${kind#some-of:}
      [[ $value =~ [^[:space:],] ]] || bad_usage "$command" "$option is empty; give a value or leave it out"
      for word in ${value//,/ }; do
        case "|$words|" in
          *"|$word|"*) ;;
          *) bad_usage "$command" "Invalid value for option '$option': expected some of ${words//|/, } but was '$word'" ;;
        esac
      done
      ;;
    *) case "|${kind,,}|" in
      *"|${value,,}|"*) ;;
      *) bad_usage "$command" "Invalid value for option '$option': expected one of ${kind//|/, } but was '$value'" ;;
      esac ;;
  esac
}
