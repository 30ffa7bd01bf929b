package audit

import (
	"archive/tar"
	"fmt"
	"path"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// A file is an entry of a layer as the rules see it.
type file struct {
	*layers.Entry
	path, base string // from the root, without a leading slash
	facts      *facts // nil where the content wasn't read
	// shown tells whether the merged tree shows this version of the path.
	shown bool
}

func (a *auditor) file(e *layers.Entry) *file {
	p := e.Node.Path()
	return &file{
		Entry: e,
		path:  p,
		base:  p[strings.LastIndexByte(p, '/')+1:],
		facts: a.facts[e],
		shown: e.Node.Present() && e.Node.Entry == e,
	}
}

// at returns a finding at the file.
func (f *file) at(message string) Finding {
	return Finding{Layer: int(f.Layer) + 1, Path: "/" + f.path, Message: message}
}

// decides reports whether f is an entry of a regular file and says its mode, its
// owner and its attributes: of the names of one file, the last.
func (f *file) decides() bool { return f.Inode().IsRegular() && f.Owner() == f.Entry }

func checkSetID(a *auditor, f *file, found func(Finding)) {
	if f.Mode&0o6000 == 0 || f.Mode&0o111 == 0 || !f.decides() {
		return
	}
	what := "set-uid"
	if f.Mode&0o4000 == 0 {
		what = "set-gid"
	}
	if facts := a.facts[f.Inode()]; facts != nil && facts.interpreter != "" {
		what += " on a script, where Linux ignores it"
	}
	found(f.at(fmt.Sprintf("%s, owner %d:%d, mode %s", what, f.UID, f.GID, f.ModeString())))
}

func checkWritable(_ *auditor, f *file, found func(Finding)) {
	if f.Mode&0o002 == 0 {
		return
	}
	if f.decides() && f.Inode().Shown() || f.shown && f.Type == tar.TypeDir && f.Mode&0o1000 == 0 {
		found(f.at("anybody may write here: mode " + f.ModeString()))
	}
}

// A secretKind is what kind of secret a file is; "" for none.
type secretKind string

const (
	privateKey  secretKind = "private key"
	dotEnv      secretKind = ".env file"
	credentials secretKind = "credentials"
	token       secretKind = "token"
	// sample is a secret of any kind that a library ships for its tests.
	sample secretKind = "sample"
)

// contentKind returns what kind of secret the content is, and in words.
func (f *file) contentKind() (secretKind, string) {
	switch {
	case f.facts == nil:
	case f.facts.privateKey:
		return privateKey, "a private key"
	case f.facts.keyStore != "":
		return privateKey, "a store of private keys (" + f.facts.keyStore + ")"
	case f.facts.token != "":
		return token, f.facts.token
	}
	return "", ""
}

// secretKind returns what kind of secret the file is, and in words.
func (f *file) secretKind() (secretKind, string) {
	if !f.IsRegular() || f.Size == 0 || secret.IsSample(f.path) {
		return "", ""
	}
	kind, what := f.contentKind()
	if f.facts == nil && secret.IsKeyName(f.base) {
		kind, what = privateKey, "a private key"
	}
	if kind != privateKey {
		if named, signs := secret.CredentialFile(f.path); named != "" && (f.facts == nil || f.facts.text == nil || secret.Holds(string(f.facts.text), signs)) {
			kind, what = credentials, named
		} else if secret.IsDotEnv(f.base) {
			kind, what = dotEnv, "an .env file"
		}
	}
	if kind != "" && secret.IsLibrarySample(f.path) {
		kind = sample
	}
	return kind, what
}

// secretRule returns the check for one kind of secret that a container sees.
func secretRule(kind secretKind) func(*auditor, *file, func(Finding)) {
	return func(_ *auditor, f *file, found func(Finding)) {
		if !f.shown {
			return
		}
		if k, what := f.secretKind(); k == kind {
			finding := f.at(what)
			finding.masked = f.facts == nil || f.facts.token == ""
			found(finding)
		}
	}
}

// checkDeleted finds the secrets that a later layer takes away or writes over.
func checkDeleted(a *auditor, f *file, found func(Finding)) {
	if f.shown {
		return
	}
	kind, what := f.secretKind()
	if kind == "" || kind == sample {
		return
	}
	message := what + ", deleted by a later layer: everyone who has the image has it"
	if n := f.Node; n.Present() {
		if now := n.Entry; now != nil {
			if k, _ := a.file(now).secretKind(); k == kind && now.Size == f.Size {
				return // the same file with another mode; the visible one is reported
			}
		}
		message = what + ", overwritten later: everyone who has the image has it"
	}
	found(f.at(message))
}

func checkShellHistory(_ *auditor, f *file, found func(Finding)) {
	if !f.IsRegular() || f.Size == 0 {
		return
	}
	switch f.base {
	case ".bash_history", ".ash_history", ".sh_history", ".zsh_history", ".zhistory", ".python_history", ".psql_history",
		".mysql_history", ".node_repl_history", ".rediscli_history", ".sqlite_history", ".irb_history":
		found(f.at("what somebody typed"))
	}
}

func checkDevice(_ *auditor, f *file, found func(Finding)) {
	node := f.Inode()
	if node.Type != tar.TypeChar && node.Type != tar.TypeBlock {
		return
	}
	major, minor := node.Device()
	message := fmt.Sprintf("character device %d:%d", major, minor)
	if node.Type == tar.TypeBlock {
		message = fmt.Sprintf("block device %d:%d", major, minor)
	}
	if node != f.Entry {
		message += ", another name of /" + node.Node.Path()
	}
	found(f.at(message))
}

// checkLink finds links that lead out of the tree: absolute ones to what the
// image doesn't have, and those that climb above the root.
func checkLink(a *auditor, f *file, found func(Finding)) {
	if !f.shown || f.Type != tar.TypeSymlink && f.Type != tar.TypeLink {
		return
	}
	if f.Type == tar.TypeLink {
		if clean := path.Clean(strings.TrimLeft(f.Link, "/")); clean == ".." || strings.HasPrefix(clean, "../") {
			found(f.at("a hard link to " + f.Link + ", above the root"))
		}
		return
	}
	if strings.HasPrefix(f.Link, "/") {
		if !isRuntime(f.Link) && a.stack.Resolve(f.Link) == nil {
			found(f.at("leads to " + f.Link + ", which the image doesn't have"))
		}
		return
	}
	if climbs(path.Dir(f.path), f.Link) {
		found(f.at("leads to " + f.Link + ", above the root"))
	}
}

// isRuntime holds for the places that only a running container has.
func isRuntime(p string) bool {
	for _, dir := range []string{"/proc", "/dev", "/sys", "/run", "/var/run", "/tmp"} {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

// climbs reports whether the relative link in dir leaves the root.
func climbs(dir, link string) bool {
	depth := 0
	if dir != "." {
		depth = strings.Count(dir, "/") + 1
	}
	for name := range strings.SplitSeq(link, "/") {
		switch name {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
