package image

import (
	"cmp"
	"strconv"
	"strings"
)

// Instruction returns the step as it stood in the Dockerfile, as far as the
// record tells: the builders' marks (#(nop), # buildkit, the shell, the
// build arguments) are taken off and RUN, COPY, ENV… put back. Values of ENV
// and LABEL stay as they are recorded, without quotes.
func (h History) Instruction() string { return h.InstructionIn(nil) }

// InstructionIn returns the step of an image that is configured as c says, from
// which it takes what the record leaves open: where a value with spaces ends.
// It is a valid line of a Dockerfile, quotes included, wherever that suffices.
func (h History) InstructionIn(c *RunConfig) string {
	record := strings.TrimSpace(h.CreatedBy)
	s := strings.TrimSpace(strings.TrimSuffix(record, "# buildkit"))
	return cmp.Or(instruction(s, c), record)
}

// instruction rewrites a record; "" where nothing is left of it.
func instruction(s string, c *RunConfig) string {
	if rest, ok := cutShell(s); ok {
		if nop, ok := strings.CutPrefix(strings.TrimSpace(rest), "#(nop)"); ok {
			return tidy(strings.TrimSpace(nop), c)
		}
		return "RUN " + strings.TrimSpace(rest)
	}
	if run, ok := strings.CutPrefix(s, "RUN "); ok {
		return "RUN " + runCommand(run)
	}
	if strings.HasPrefix(s, "|") {
		return "RUN " + runCommand(s)
	}
	if keyword, _, _ := strings.Cut(s, " "); isKeyword(keyword) {
		return tidy(s, c)
	}
	if strings.HasPrefix(s, "/") {
		return "RUN " + s // the classic builder's record of a RUN ["/command"]
	}
	return s // not made from a Dockerfile
}

// runCommand takes the build arguments and the shell off the record of a RUN;
// a shell other than the default is told by a SHELL instruction of its own.
func runCommand(s string) string {
	s = cutArguments(strings.TrimSpace(s))
	if rest, ok := cutShell(s); ok {
		return strings.TrimSpace(rest)
	}
	return s
}

// cutArguments takes off "|2 A=1 B=2 ". Values are recorded unquoted and may
// hold spaces, so where a shell follows, the arguments end at it.
func cutArguments(s string) string {
	rest, ok := strings.CutPrefix(s, "|")
	if !ok {
		return s
	}
	count, rest, ok := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 0 {
		return s
	}
	if at := shellIndex(rest); at >= 0 {
		return rest[at:]
	}
	for ; n > 0 && rest != ""; n-- {
		_, rest, _ = strings.Cut(rest, " ")
	}
	return rest
}

// shellIndex finds the first word of s that starts a shell's command line.
func shellIndex(s string) int {
	for at := 0; at < len(s); {
		if _, ok := cutShell(s[at:]); ok {
			return at
		}
		next := strings.IndexByte(s[at:], ' ')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return -1
}

// cutShell returns the COMMAND of "/bin/sh -c COMMAND", with any shell and any
// options before the one that ends in c.
func cutShell(s string) (command string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "cmd /S /C "); ok {
		return rest, true
	}
	word, rest, ok := strings.Cut(s, " ")
	if !ok || !isShell(word) {
		return "", false
	}
	for option := ""; ok; {
		option, rest, ok = strings.Cut(rest, " ")
		if takesCommand(option) {
			return rest, true
		}
		if !strings.HasPrefix(option, "-") && option != "pipefail" {
			return "", false
		}
	}
	return "", false
}

func takesCommand(option string) bool {
	if option == "-Command" {
		return true
	}
	return len(option) < 8 && strings.HasPrefix(option, "-") && strings.HasSuffix(option, "c")
}

func isShell(word string) bool {
	if !strings.HasPrefix(word, "/") && word != "powershell" && word != "pwsh" {
		return false
	}
	switch word[strings.LastIndexByte(word, '/')+1:] {
	case "sh", "ash", "bash", "dash", "ksh", "zsh", "busybox", "powershell", "pwsh":
		return true
	}
	return false
}

func isKeyword(word string) bool {
	switch word {
	case "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
		"MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR":
		return true
	}
	return false
}
