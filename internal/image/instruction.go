package image

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Instruction returns the step as it stood in the Dockerfile, as far as the
// record tells: the builders' marks (#(nop), # buildkit, the shell, the
// build arguments) are taken off and RUN, COPY, ENV… put back.
func (h History) Instruction() string {
	record := strings.TrimSpace(h.CreatedBy)
	s := strings.TrimSpace(strings.TrimSuffix(record, "# buildkit"))
	return cmp.Or(instruction(s), record)
}

// instruction rewrites a record; "" where nothing is left of it.
func instruction(s string) string {
	if rest, ok := cutShell(s); ok {
		if nop, ok := strings.CutPrefix(strings.TrimSpace(rest), "#(nop)"); ok {
			return tidy(strings.TrimSpace(nop))
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
		return tidy(s)
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

// tidy puts the builders' renderings of Go values back into a Dockerfile's
// form.
func tidy(s string) string {
	keyword, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	switch keyword {
	case "EXPOSE":
		rest = mapKeys(rest)
	case "VOLUME", "SHELL":
		rest = jsonWords(rest)
	case "ADD", "COPY":
		// The classic builder records "ADD file:SUM in DESTINATION".
		if from, to, ok := strings.Cut(rest, " in "); ok && isSum(from) {
			rest = from + " " + to
		}
	case "HEALTHCHECK":
		rest = healthcheck(rest)
	}
	return strings.TrimSpace(keyword + " " + rest)
}

func isSum(s string) bool {
	kind, sum, ok := strings.Cut(s, ":")
	return ok && (kind == "file" || kind == "dir" || kind == "multi") && !strings.Contains(sum, " ")
}

// mapKeys turns "map[80/tcp:{} 443/tcp:{}]" into "80/tcp 443/tcp", and
// "[80/tcp]" likewise.
func mapKeys(s string) string {
	inner, ok := strings.CutSuffix(s, "]")
	if !ok {
		return s
	}
	if _, inner, ok = strings.Cut(inner, "["); !ok {
		return s
	}
	return strings.ReplaceAll(inner, ":{}", "")
}

// jsonWords turns "[/bin/sh -c]" into `["/bin/sh", "-c"]`; what is quoted
// already stays as it is.
func jsonWords(s string) string {
	if strings.Contains(s, `"`) || !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") {
		return s
	}
	words := strings.Fields(s[1 : len(s)-1])
	for i, word := range words {
		words[i] = strconv.Quote(word)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// healthcheck turns `&{["CMD" "app" "check"] "30s" "5s" "0s" '\x03'}` into
// `--interval=30s --timeout=5s --retries=3 CMD ["app", "check"]`.
func healthcheck(s string) string {
	inner, ok := strings.CutPrefix(s, "&{[")
	test, rest, found := strings.Cut(inner, "]")
	if !ok || !found {
		return s
	}
	words, ok := unquoteWords(test)
	values, ok2 := unquoteWords(strings.TrimSuffix(strings.TrimSpace(rest), "}"))
	if !ok || !ok2 || len(words) == 0 {
		return s
	}
	command := words[0]
	switch {
	case command == "CMD-SHELL" && len(words) == 2:
		command = "CMD " + words[1]
	case command == "CMD":
		for i := range words {
			words[i] = strconv.Quote(words[i])
		}
		command = "CMD [" + strings.Join(words[1:], ", ") + "]"
	}
	return healthcheckFlags(values) + command
}

// healthcheckFlags names the values in the order in which Go prints them; a
// record with the newer start interval has five.
func healthcheckFlags(values []string) string {
	names := []string{"interval", "timeout", "start-period", "retries"}
	if len(values) == 5 {
		names = []string{"interval", "timeout", "start-period", "start-interval", "retries"}
	}
	var flags strings.Builder
	for i, value := range values {
		if i < len(names) && value != "0s" && value != "0" {
			flags.WriteString("--" + names[i] + "=" + value + " ")
		}
	}
	return flags.String()
}

// unquoteWords splits a list of Go literals: "strings", 'runes' and numbers. A
// rune stands for the number that it is.
func unquoteWords(s string) ([]string, bool) {
	var words []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			word, _, _ := strings.Cut(s, " ")
			words, s = append(words, word), s[len(word):]
			continue
		}
		s = s[len(quoted):]
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, false
		}
		if quoted[0] == '\'' {
			r, _ := utf8.DecodeRuneInString(word) // strconv takes '' for a rune, too
			word = strconv.Itoa(int(r))
		}
		words = append(words, word)
	}
	return words, true
}
