package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

func completionCommand() *command {
	return &command{
		name:  "completion",
		usage: "bash|zsh|fish",
		short: "print a completion script for a shell",
		long: `example: source <(tare completion bash)
`,
		define: func(*flag.FlagSet) runner {
			return func(_ context.Context, args []string, std stdio) error {
				if err := wantArgs("completion", args, 1, 1); err != nil {
					return err
				}
				write := map[string]func() string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[args[0]]
				if write == nil {
					return &usageError{fmt.Errorf("completion: shell %q: want bash, zsh or fish", args[0])}
				}
				_, err := io.WriteString(std.out, write())
				return err
			}
		},
	}
}

// flagNames lists the command's flags with their dashes.
func (c *command) flagNames() []string {
	var names []string
	fs, _ := c.flags()
	fs.VisitAll(func(f *flag.Flag) { names = append(names, dashed(f)) })
	return names
}

func dashed(f *flag.Flag) string {
	if len(f.Name) == 1 {
		return "-" + f.Name
	}
	return "--" + f.Name
}

func bashCompletion() string {
	var names []string
	var cases strings.Builder
	for _, cmd := range commands() {
		names = append(names, cmd.name)
		fmt.Fprintf(&cases, "    %s) flags=%q ;;\n", cmd.name, strings.Join(cmd.flagNames(), " "))
	}
	return `_tare() {
  local word=${COMP_WORDS[COMP_CWORD]} flags=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "` + strings.Join(names, " ") + ` help" -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]} in
` + cases.String() + `  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _tare tare
`
}

func zshCompletion() string {
	var list, cases strings.Builder
	for _, cmd := range commands() {
		fmt.Fprintf(&list, "    %s\n", shellQuote(cmd.name+":"+cmd.short))
		fmt.Fprintf(&cases, "    %s) compadd -- %s ;;\n", cmd.name, strings.Join(cmd.flagNames(), " "))
	}
	return `#compdef tare
_tare() {
  local -a commands
  commands=(
` + list.String() + `  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  if [[ $words[CURRENT] != -* ]]; then
    _files
    return
  fi
  case $words[2] in
` + cases.String() + `  esac
}
compdef _tare tare
`
}

func fishCompletion() string {
	var b strings.Builder
	b.WriteString("complete -c tare -n __fish_use_subcommand -f\n")
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "complete -c tare -n __fish_use_subcommand -f -a %s -d %s\n", cmd.name, shellQuote(cmd.short))
		fs, _ := cmd.flags()
		fs.VisitAll(func(f *flag.Flag) {
			kind := "-l"
			if len(f.Name) == 1 {
				kind = "-s"
			}
			_, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(&b, "complete -c tare -n '__fish_seen_subcommand_from %s' %s %s -d %s\n", cmd.name, kind, f.Name, shellQuote(usage))
		})
	}
	return b.String()
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
