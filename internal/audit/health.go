package audit

import "strings"

// shell is what runs the shell form of a HEALTHCHECK.
func (a *auditor) shell() string {
	if shell := a.img.Config.Config.Shell; len(shell) > 0 {
		return shell[0]
	}
	return "/bin/sh"
}

// checkHealthCommand finds a HEALTHCHECK whose program isn't there. That of a
// missing shell is left to [checkShell].
func checkHealthCommand(a *auditor, found func(Finding)) {
	h := a.img.Config.Config.Healthcheck
	if a.windows() || h == nil || len(h.Test) < 2 {
		return
	}
	program := h.Test[1]
	switch h.Test[0] {
	case "CMD":
	case "CMD-SHELL":
		program = firstProgram(program)
		if a.stack.LookPath(a.shell()) == nil {
			return
		}
	default:
		return
	}
	step := a.lastStep("HEALTHCHECK")
	if program == "" {
		return
	}
	n := a.stack.LookPath(program)
	if n == nil {
		found(Finding{Step: step, Message: "the health check runs " + program + ", which the image doesn't have"})
		return
	}
	if owner := n.Entry.Owner(); owner.Mode&0o111 == 0 {
		found(Finding{Step: step, Message: "the health check runs " + program + ", which is not executable: mode " + owner.ModeString()})
	}
}

// firstProgram returns the program that a shell's text starts first; "" where
// the text doesn't say without being run, or where the shell does it itself.
func firstProgram(text string) string {
	for words := range shellCommands(text) {
		for len(words) > 0 && isPrefix(words[0]) {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		word := strings.Trim(words[0], `"'`)
		if isBuiltin(word) || strings.ContainsAny(word, "$`*?\\<>{}[]\"'#") {
			return ""
		}
		return word
	}
	return ""
}

// isBuiltin holds for what POSIX shells and busybox's have in themselves.
func isBuiltin(word string) bool {
	switch word {
	case "[", "[[", "test", "true", "false", "echo", "printf", "exit", "cd", ":", ".", "source", "eval", "export", "set", "unset", "read", "kill",
		"wait", "trap", "command", "type", "ulimit", "umask", "return", "for", "case", "local", "shift", "pwd", "hash", "getopts", "jobs", "bg", "fg",
		"break", "continue", "times", "alias", "unalias", "function", "select", "let", "declare", "builtin", "time":
		return true
	}
	return false
}
