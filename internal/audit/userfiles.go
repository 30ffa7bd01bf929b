package audit

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/userdb"
)

// The user databases.
const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
	shadowFile = "/etc/shadow"
)

// accounts are the user databases of an image and what its USER means there.
type accounts struct {
	passwd, group, shadow account
	answers               []userdb.Answer
}

// An account is a user database as the kernel finds it; node is nil for what
// isn't there.
type account struct {
	node *layers.Node
	userdb.File
}

// readAccounts reads the user databases of the merged tree, wherever links lead,
// and resolves the USER.
func (a *auditor) readAccounts(ctx context.Context) error {
	if a.windows() {
		return nil
	}
	var nodes [5]*layers.Node
	var faults [5]error
	for i, p := range []string{passwdFile, groupFile, shadowFile} {
		nodes[i], faults[i] = a.followAsKernel(p)
	}
	for i, p := range []string{passwdFile, groupFile} {
		nodes[3+i], faults[3+i] = a.followAsDocker(p)
	}
	contents, err := a.accountContents(ctx, nodes[:])
	if err != nil {
		return err
	}
	var files [5]userdb.File
	for i, n := range nodes {
		files[i] = accountFile(n, contents)
		files[i].Fault = faults[i]
	}
	u := &a.accounts
	u.passwd, u.group, u.shadow = account{nodes[0], files[0]}, account{nodes[1], files[1]}, account{nodes[2], files[2]}
	u.answers = userdb.Resolve(a.img.Config.Config.User,
		userdb.Databases{Passwd: files[3], Group: files[4]}, userdb.Databases{Passwd: files[0], Group: files[1]})
	return nil
}

// accountContents returns the contents of the files, as far as userdb wants
// them. Most were kept when their layers were read.
func (a *auditor) accountContents(ctx context.Context, nodes []*layers.Node) (map[*layers.Entry][]byte, error) {
	contents := map[*layers.Entry][]byte{}
	wanted := map[*layers.Entry]bool{}
	for _, n := range nodes {
		if n == nil || n.Entry == nil {
			continue
		}
		e := n.Entry.Inode()
		if !e.IsRegular() || e.Size == 0 {
			continue
		}
		if f := a.facts[e]; f != nil && int64(len(f.text)) == e.Size {
			contents[e] = f.text
		} else {
			wanted[e] = true
		}
	}
	err := a.stack.Contents(ctx, wanted, func(_ *image.Layer, e *layers.Entry, content io.Reader) error {
		b, err := io.ReadAll(io.LimitReader(content, userdb.MaxFile+1))
		a.mu.Lock()
		defer a.mu.Unlock()
		contents[e] = b
		return err
	})
	return contents, err
}

func accountFile(n *layers.Node, contents map[*layers.Entry][]byte) userdb.File {
	switch {
	case n == nil:
		return userdb.File{}
	case n.IsDir():
		return userdb.File{Kind: userdb.Directory}
	case n.Entry.Inode().IsRegular():
		return userdb.File{Kind: userdb.Regular, Data: contents[n.Entry.Inode()]}
	}
	return userdb.File{Kind: userdb.Special}
}

var (
	errLinks   = errors.New("too many links")
	errNotDir  = errors.New("not a directory")
	errTooLong = errors.New("file name too long")
)

// lookUp returns what lstat(2) does for the clean path p: nothing for what isn't
// there, an error for a path below a file.
func (a *auditor) lookUp(p string) (*layers.Node, error) {
	if len(p) >= 4096 || len(path.Base(p)) > 255 {
		return nil, errTooLong
	}
	if n := a.stack.Lookup(p); n != nil || p == "/" {
		return n, nil
	}
	for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
		if n := a.stack.Lookup(dir); n != nil {
			if !n.IsDir() {
				return nil, errNotDir
			}
			return nil, nil
		}
	}
	return nil, nil
}

// linkOf returns where the symbolic link n leads.
func linkOf(n *layers.Node) (string, bool) {
	if n == nil || n.Entry == nil || n.Entry.Inode().Type != tar.TypeSymlink {
		return "", false
	}
	return n.Entry.Inode().Link, true
}

// maxKernelLinks is how many links Linux follows on one path; maxDockerSteps is
// how many names FollowSymlinkInScope does.
const (
	maxKernelLinks = 40
	maxDockerSteps = 255
)

// followAsKernel returns what the absolute path p leads to in a container; nil
// where that isn't there, an error where more is wrong.
func (a *auditor) followAsKernel(p string) (*layers.Node, error) {
	at, links := "/", 0
	for rest := p; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		next := path.Join(at, name)
		if name == "" || name == "." || name == ".." {
			at = next
			continue
		}
		n, err := a.lookUp(next)
		if n == nil || err != nil {
			return nil, err
		}
		if link, ok := linkOf(n); ok {
			if links++; links > maxKernelLinks {
				return nil, errLinks
			}
			if strings.HasPrefix(link, "/") {
				at = "/"
			}
			rest = link + "/" + rest
			continue
		}
		if rest != "" && strings.Trim(rest, "/") != "" && !n.IsDir() {
			return nil, errNotDir
		}
		at = next
	}
	return a.lookUp(at)
}

// followAsDocker does as Docker does with FollowSymlinkInScope of
// moby/sys/symlink: what isn't there is passed over, so that none/../passwd is
// passwd.
func (a *auditor) followAsDocker(p string) (*layers.Node, error) {
	at := "" // names with a slash after each
	for rest, steps := p, 0; rest != ""; steps++ {
		if steps > maxDockerSteps {
			return nil, errLinks
		}
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		if name == "" {
			continue
		}
		next := path.Clean("/" + at + name)
		if next == "/" {
			at = ""
			continue
		}
		n, err := a.lookUpInDocker(next)
		if err != nil {
			return nil, err
		}
		if link, ok := linkOf(n); ok {
			if strings.HasPrefix(link, "/") {
				at = ""
			}
			rest = link + "/" + rest
			continue
		}
		at += name + "/"
	}
	n, err := a.lookUpInDocker(path.Clean("/" + at))
	if errors.Is(err, errNotDir) {
		return nil, nil // opening it fails, which is no matter to Docker
	}
	return n, err
}

// lookUpInDocker is lookUp in a container of Docker, which first removes the
// links and files that are in the way of what it puts there, /etc/hosts and
// others. Those are empty, and as good as absent.
func (a *auditor) lookUpInDocker(p string) (*layers.Node, error) {
	for _, made := range []string{
		"/.dockerenv", "/dev", "/dev/console", "/dev/pts", "/dev/shm", "/etc", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf", "/proc", "/sys",
	} {
		if p != made && !strings.HasPrefix(p, made+"/") {
			continue
		}
		if n := a.stack.Lookup(made); n != nil && !n.IsDir() {
			return nil, nil
		}
	}
	return a.lookUp(p)
}
