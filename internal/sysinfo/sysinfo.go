// Package sysinfo reads information about the host and the cgroup from a file system
// that contains proc, sys and etc.
package sysinfo

import (
	"bytes"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Info holds facts that do not change while the process runs.
type Info struct {
	Hostname        string
	Platform        string // GOOS
	PlatformVersion string // "Alpine Linux v3.20", else "Linux 6.1.0", else ""
	Architecture    string // GOARCH
	CPUs            int    // usable by the process
	MaxProcs        int    // GOMAXPROCS
	UID, GID        int    // numeric, effective
	ReadOnlyRoot    bool
	Cgroup          Limits
}

// Read gathers the facts; fsys is the root of the file system. A fact that
// can't be read has its zero value: a scratch image has no etc, a sandbox
// perhaps no proc.
func Read(fsys fs.FS) Info {
	host, _ := os.Hostname()
	mounts := readMounts(fsys)
	return Info{
		Hostname:        host,
		Platform:        runtime.GOOS,
		PlatformVersion: platformVersion(fsys),
		Architecture:    runtime.GOARCH,
		CPUs:            runtime.NumCPU(),
		MaxProcs:        runtime.GOMAXPROCS(0),
		UID:             os.Geteuid(),
		GID:             os.Getegid(),
		ReadOnlyRoot:    rootIsReadOnly(mounts),
		Cgroup:          readLimits(fsys, mounts),
	}
}

// platformVersion is PRETTY_NAME of os-release(5), else "Linux" and the kernel
// release.
func platformVersion(fsys fs.FS) string {
	for _, name := range []string{"etc/os-release", "usr/lib/os-release"} {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				if pretty := unquote(value); pretty != "" {
					return pretty
				}
			}
		}
	}
	if release := readLine(fsys, "proc/sys/kernel/osrelease"); release != "" {
		return "Linux " + release
	}
	return ""
}

// unquote takes the shell quoting that os-release(5) allows off a value.
func unquote(s string) string {
	if len(s) < 2 || (s[0] != '"' && s[0] != '\'') || s[len(s)-1] != s[0] {
		return s
	}
	quote, s := s[0], s[1:len(s)-1]
	if quote == '\'' {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// readLine returns a file's first line, trimmed, or "" if there is none.
func readLine(fsys fs.FS, name string) string {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimSpace(line))
}

// A mount is a line of /proc/self/mountinfo (proc(5)).
type mount struct {
	root    string // what of the mounted file system is at point
	point   string
	options string // of the mount point: "rw,relatime"
	fstype  string
	super   string // options of the file system: "rw,cpu,cpuacct"
}

func readMounts(fsys fs.FS) []mount {
	data, err := fs.ReadFile(fsys, "proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var mounts []mount
	for line := range strings.Lines(string(data)) {
		head, tail, ok := strings.Cut(line, " - ")
		h, t := strings.Fields(head), strings.Fields(tail)
		if !ok || len(h) < 6 || len(t) < 3 {
			continue
		}
		mounts = append(mounts, mount{root: unescape(h[3]), point: unescape(h[4]), options: h[5], fstype: t[0], super: t[2]})
	}
	return mounts
}

// unescape undoes the octal escapes \040 \011 \012 \134 of proc(5).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// rootIsReadOnly looks at the topmost mount on "/", which is the last one listed.
func rootIsReadOnly(mounts []mount) bool {
	readOnly := false
	for _, m := range mounts {
		if m.point == "/" {
			readOnly = hasOption(m.options, "ro") || hasOption(m.super, "ro")
		}
	}
	return readOnly
}

func hasOption(options, want string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == want {
			return true
		}
	}
	return false
}
