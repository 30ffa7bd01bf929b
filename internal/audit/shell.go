package audit

import (
	"path"
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
	words := strings.Fields(strings.NewReplacer(";", " ; ", "&&", " ; ", "|", " ; ", "(", " ", ")", " ; ").Replace(text))
	for i, w := range words {
		if w != program && !strings.HasSuffix(w, "/"+program) {
			continue
		}
		for _, next := range words[i+1:] {
			if next == ";" {
				break
			}
			if next == sub {
				return true
			}
		}
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
