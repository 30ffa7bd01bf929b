package audit

import (
	"iter"
	"path"
	"slices"
	"strings"
)

// checkIndex finds a RUN that only updates the package index, where a later one
// uses what may by then be an old index from the build cache.
func checkIndex(a *auditor, found func(Finding)) {
	for _, m := range []struct{ update, install string }{
		{"apt-get update", "apt-get install"}, {"apt update", "apt install"}, {"apk update", "apk add"},
		{"yum makecache", "yum install"}, {"dnf makecache", "dnf install"}, {"zypper refresh", "zypper install"},
	} {
		used := false // by a later step
		for i := len(a.steps) - 1; i >= 0; i-- {
			s := a.steps[i]
			if s.keyword != "RUN" {
				continue
			}
			updates, installs := hasCommand(s.rest, m.update), hasCommand(s.rest, m.install)
			if updates && !installs && used {
				found(Finding{Step: i + 1, Message: m.update + " in a layer of its own, " + m.install + " in another"})
			}
			used = !updates && (used || installs)
		}
	}
}

// hasCommand reports whether a shell's text calls "program subcommand", with
// any options between the two.
func hasCommand(text, command string) bool {
	program, sub, _ := strings.Cut(command, " ")
	if !strings.Contains(text, program) || !strings.Contains(text, sub) {
		return false
	}
	for words := range shellCommands(text) {
		for len(words) > 0 && isPrefix(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 && path.Base(words[0]) == program && slices.Contains(words, sub) {
			return true
		}
	}
	return false
}

// isPrefix holds for words before the program that a command is about.
func isPrefix(word string) bool {
	switch word {
	case "sudo", "env", "exec", "nice", "time", "xargs":
		return true
	}
	return strings.HasPrefix(word, "-") || strings.Contains(word, "=")
}

// shellCommands returns the simple commands of a shell's text, as words; good
// enough to find what is called, not to run it.
func shellCommands(text string) iter.Seq[[]string] {
	text = strings.NewReplacer("&&", ";", "|", ";", "(", ";", ")", ";", "\n", ";").Replace(text)
	return func(yield func([]string) bool) {
		for command := range strings.SplitSeq(text, ";") {
			words := strings.Fields(command)
			for len(words) > 0 && isKeyword(words[0]) {
				words = words[1:]
			}
			if len(words) > 0 && !yield(words) {
				return
			}
		}
	}
}

// isKeyword holds for the words of a shell that a command follows.
func isKeyword(word string) bool {
	switch word {
	case "if", "then", "else", "elif", "while", "until", "do", "{", "!":
		return true
	}
	return false
}

// checkPipe finds a download that a shell runs unseen.
func checkPipe(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword == "RUN" && pipesToShell(s.rest) {
			found(Finding{Step: i + 1, Message: "a download is piped into a shell"})
		}
	}
}

func pipesToShell(text string) bool {
	text = strings.NewReplacer("||", ";", "&&", ";", "\n", " ").Replace(text)
	for command := range strings.SplitSeq(text, ";") {
		fetched := false
		for part := range strings.SplitSeq(command, "|") {
			words := strings.Fields(part)
			if fetched && startsShell(words) {
				return true
			}
			for _, w := range words {
				fetched = fetched || w == "curl" || w == "wget" || strings.HasSuffix(w, "/curl") || strings.HasSuffix(w, "/wget")
			}
		}
		for _, start := range []string{"<(curl", "<(wget", "-c \"$(curl", "-c \"$(wget", "-c '$(curl", "-c $(curl", "eval $(curl", "eval \"$(curl"} {
			if strings.Contains(command, start) {
				return true
			}
		}
	}
	return false
}

func startsShell(words []string) bool {
	for _, w := range words {
		switch path.Base(w) {
		case "sudo", "env", "-E", "exec":
			continue
		case "sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "ruby", "node":
			return true
		}
		if strings.Contains(w, "=") {
			continue
		}
		return false
	}
	return false
}

// checkSudo finds the commands that are run with sudo.
func checkSudo(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword == "RUN" && strings.Contains(s.rest, "sudo") && usesSudo(s.rest) {
			found(Finding{Step: i + 1, Message: "a build step uses sudo"})
		}
	}
}

func usesSudo(text string) bool {
	for words := range shellCommands(text) {
		if path.Base(words[0]) == "sudo" {
			return true
		}
	}
	return false
}

func checkUpgrade(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword != "RUN" {
			continue
		}
		for _, command := range []string{"apt-get upgrade", "apt-get dist-upgrade", "apt upgrade", "apt full-upgrade", "apk upgrade", "dnf upgrade", "yum upgrade"} {
			if hasCommand(s.rest, command) {
				found(Finding{Step: i + 1, Message: command + " replaces packages of the base", key: command})
			}
		}
	}
}
