package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const usageHead = `usage: tare COMMAND [flags] IMAGE…

tare shows what container images weigh and why. It also checks, builds and copies
them.

commands:
`

const imageUsage = `An IMAGE is docker-archive:PATH[:NAME], oci:DIR[:TAG], oci-archive:PATH[:TAG],
dir:DIR, docker-daemon:NAME or docker://NAME. Without a transport, the format of a file or
directory is detected, and a name is looked up in the Docker Engine, then in its
registry; - reads an archive from standard input.
`

const usageExample = `
example:
  docker save golang:1.26-alpine | tare history -
`

// help writes the overall usage, or that of the command in args.
func help(args []string, w io.Writer) error {
	if len(args) == 0 {
		var b strings.Builder
		b.WriteString(usageHead)
		writeCommands(&b, "  ")
		b.WriteString("\n" + imageUsage + usageExample)
		_, err := io.WriteString(w, b.String())
		return err
	}
	cmd, err := findCommand(args[0])
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "usage: tare %s %s\n\n%s.\n", cmd.name, cmd.usage, upperFirst(cmd.short))
	if cmd.long != "" {
		b.WriteString("\n" + cmd.long)
	}
	if len(cmd.flagNames()) > 0 {
		b.WriteString("\nflags:\n")
	}
	fs, _ := cmd.flags()
	fs.VisitAll(func(f *flag.Flag) { writeFlag(&b, f) })
	_, err = io.WriteString(w, b.String())
	return err
}

// writeCommands writes what every command does, a line each.
func writeCommands(b *strings.Builder, indent string) {
	for _, cmd := range commands() {
		fmt.Fprintf(b, "%s%-10s %s\n", indent, cmd.name, cmd.short)
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// writeFlag writes one flag on two lines, with two dashes where its name is a
// word.
func writeFlag(b *strings.Builder, f *flag.Flag) {
	value, usage := flag.UnquoteUsage(f)
	fmt.Fprintf(b, "  %s", dashed(f))
	if value != "" {
		b.WriteString(" " + value)
	}
	fmt.Fprintf(b, "\n        %s", usage)
	if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
		fmt.Fprintf(b, " (default %s)", f.DefValue)
	}
	b.WriteString("\n")
}
