package audit

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// windows reports whether the image is of a system with other users, paths and
// programs.
func (a *auditor) windows() bool { return a.img.Config.OS == "windows" }

// lastStep returns the last step of that keyword, from 1; 0 for none.
func (a *auditor) lastStep(keyword string) int {
	for i := len(a.steps) - 1; i >= 0; i-- {
		if a.steps[i].keyword == keyword {
			return i + 1
		}
	}
	return 0
}

func checkHealth(a *auditor, found func(Finding)) {
	switch h := a.img.Config.Config.Healthcheck; {
	case h == nil || len(h.Test) == 0:
		found(Finding{Message: "the configuration has no health check"})
	case h.Test[0] == "NONE":
		found(Finding{Step: a.lastStep("HEALTHCHECK"), Message: "disabled by HEALTHCHECK NONE"})
	}
}

// shellOf returns the shell that a command line in shell form needs.
func shellOf(command []string) (string, bool) {
	if len(command) < 2 || !strings.HasPrefix(command[0], "/") {
		return "", false
	}
	switch path.Base(command[0]) {
	case "sh", "bash", "ash", "dash", "zsh", "ksh":
		return command[0], strings.HasPrefix(command[1], "-") && strings.HasSuffix(command[1], "c")
	}
	return "", false
}

func checkShell(a *auditor, found func(Finding)) {
	if a.windows() {
		return
	}
	missing := func(what, keyword, shell string) {
		if a.stack.LookPath(shell) == nil {
			found(Finding{Step: a.lastStep(keyword), Message: what + " is in shell form, and the image has no " + shell, key: keyword})
		}
	}
	config := &a.img.Config.Config
	if shell, ok := shellOf(config.Entrypoint); ok {
		missing("ENTRYPOINT", "ENTRYPOINT", shell)
	} else if shell, ok := shellOf(config.Cmd); ok && len(config.Entrypoint) == 0 {
		missing("CMD", "CMD", shell)
	}
	if h := config.Healthcheck; h != nil && len(h.Test) > 0 && h.Test[0] == "CMD-SHELL" {
		missing("HEALTHCHECK", "HEALTHCHECK", a.shell())
	}
}

// starter is the keyword of the instruction that says what is started.
func (a *auditor) starter() string {
	if len(a.img.Config.Config.Entrypoint) > 0 {
		return "ENTRYPOINT"
	}
	return "CMD"
}

func checkEntry(a *auditor, found func(Finding)) {
	command := a.img.Config.Command()
	if a.windows() || len(command) == 0 || command[0] == "" {
		return
	}
	if a.entry == nil {
		if _, shell := shellOf(command); !shell {
			found(Finding{Step: a.lastStep(a.starter()), Message: command[0] + " is started, and the image has no such file"})
		}
		return
	}
	f := a.facts[a.entry.Entry.Inode()]
	if f != nil && strings.HasPrefix(f.interpreter, "/") && a.stack.Resolve(f.interpreter) == nil {
		found(Finding{
			Layer: a.entry.Layer() + 1, Path: "/" + a.entry.Path(),
			Message: "the entry point is a script that needs " + f.interpreter + ", which the image doesn't have",
		})
	}
}

func checkExecutable(a *auditor, found func(Finding)) {
	if a.windows() || a.entry == nil {
		return
	}
	if owner := a.entry.Entry.Owner(); owner.Mode&0o111 == 0 {
		found(Finding{Layer: int(owner.Layer) + 1, Path: "/" + a.entry.Path(), Message: "the entry point is not executable: mode " + owner.ModeString()})
	}
}

func checkArchitecture(a *auditor, found func(Finding)) {
	if a.entry == nil {
		return
	}
	inode := a.entry.Entry.Inode()
	want := a.img.Config.Architecture
	if f := a.facts[inode]; f != nil && f.program != nil && !f.program.RunsOn(want) {
		found(Finding{
			Layer: int(inode.Layer) + 1, Path: "/" + a.entry.Path(),
			Message: "the entry point is for " + f.program.Architecture() + ", the image for " + want,
		})
	}
}

func checkVolumes(a *auditor, found func(Finding)) {
	for _, volume := range slices.Sorted(maps.Keys(a.img.Config.Config.Volumes)) {
		switch path.Clean("/" + volume) {
		case "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys",
			"/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/run":
			found(Finding{Step: a.lastStep("VOLUME"), Message: "a volume covers " + volume, key: volume})
		}
	}
}

func checkPorts(a *auditor, found func(Finding)) {
	if a.windows() || a.isRoot() {
		return
	}
	for _, port := range slices.Sorted(maps.Keys(a.img.Config.Config.ExposedPorts)) {
		number, _, _ := strings.Cut(port, "/")
		if n, err := strconv.Atoi(number); err == nil && n > 0 && n < 1024 {
			found(Finding{Step: a.lastStep("EXPOSE"), Message: "port " + port + " is privileged, user " + a.img.Config.Config.User + " is not", key: port})
		}
	}
}

func checkDescription(a *auditor, found func(Finding)) {
	const prefix = "org.opencontainers.image."
	described := func(pairs map[string]string) bool {
		for name, value := range pairs {
			if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, prefix+"base.") && name != prefix+"ref.name" && value != "" {
				return true
			}
		}
		return false
	}
	if described(a.img.Config.Config.Labels) || a.img.Manifest != nil && described(a.img.Manifest.Annotations) {
		return
	}
	found(Finding{Message: "no label or annotation says which source and version this is"})
}

// checkConfigName finds a configuration that isn't what its name says. Where it
// has a descriptor in place of a name, such an image isn't opened.
func checkConfigName(a *auditor, found func(Finding)) {
	if a.img.ConfigFault != nil {
		found(Finding{Message: "the configuration " + a.img.ConfigFault.Error()})
	}
}
