package sysinfo

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

// A file without end is read as far as files of the kernel's go.
func TestEndlessFile(t *testing.T) {
	b, err := Host{}.ReadFile("dev/zero")
	if err != nil || len(b) < maxFile || len(b) > 2*maxFile {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestPlatformVersion(t *testing.T) {
	for _, tt := range []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"quoted", files("etc/os-release", "NAME=\"Alpine Linux\"\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"), "Alpine Linux v3.20"},
		{"bare, no newline", files("etc/os-release", "PRETTY_NAME=Void"), "Void"},
		{"single quotes", files("etc/os-release", "PRETTY_NAME='A \"B\"'\n"), `A "B"`},
		{"escapes", files("etc/os-release", `PRETTY_NAME="a \"b\" \$c \\d"`), `a "b" $c \d`},
		{"second place", files("usr/lib/os-release", "PRETTY_NAME=Debian\n"), "Debian"},
		{"no pretty name", files("etc/os-release", "NAME=X\n", "proc/sys/kernel/osrelease", "6.1.0-13\n"), "Linux 6.1.0-13"},
		{"empty pretty name", files("etc/os-release", "PRETTY_NAME=\"\"\n", "proc/sys/kernel/osrelease", "5.4\n"), "Linux 5.4"},
		{"scratch", files("proc/sys/kernel/osrelease", "6.1.0\n"), "Linux 6.1.0"},
		{"nothing", files(), ""},
	} {
		if got := platformVersion(tt.fsys); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

const (
	v2Mount  = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	v1CPU    = "33 32 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
	v1Memory = "34 32 0:31 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n"
)

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name string
		fsys fstest.MapFS
		want Limits
	}{
		{"v2, own namespace", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", v2Mount,
			"sys/fs/cgroup/cpu.max", "150000 100000\n", "sys/fs/cgroup/memory.max", "67108864\n"),
			Limits{CPUQuota: 1.5, Memory: 64 << 20}},
		{"v2, tightest ancestor", files(
			"proc/self/cgroup", "0::/pods/a/b\n", "proc/self/mountinfo", v2Mount,
			"sys/fs/cgroup/pods/cpu.max", "50000 100000\n", "sys/fs/cgroup/pods/memory.max", "4096000\n",
			"sys/fs/cgroup/pods/a/cpu.max", "max 100000\n", "sys/fs/cgroup/pods/a/memory.max", "max\n",
			"sys/fs/cgroup/pods/a/b/cpu.max", "200000 100000\n", "sys/fs/cgroup/pods/a/b/memory.max", "8192000\n"),
			Limits{CPUQuota: 0.5, Memory: 4096000}},
		{"v2, threads", files(
			"proc/self/cgroup", "0::/a\n", "proc/self/mountinfo", v2Mount,
			"sys/fs/cgroup/pids.max", "10\n", "sys/fs/cgroup/a/pids.max", "max\n"),
			Limits{PIDs: 10}},
		{"v1, threads", files(
			"proc/self/cgroup", "9:pids:/docker/abc\n",
			"proc/self/mountinfo", "34 32 0:31 /docker/abc /sys/fs/cgroup/pids ro,nosuid - cgroup cgroup rw,pids\n",
			"sys/fs/cgroup/pids/pids.max", "100\n"),
			Limits{PIDs: 100}},
		{"v2, unlimited", files(
			"proc/self/cgroup", "0::/\n", "proc/self/mountinfo", v2Mount,
			"sys/fs/cgroup/cpu.max", "max 100000\n", "sys/fs/cgroup/memory.max", "max\n"),
			Limits{}},
		{"v2, group of another namespace", files(
			"proc/self/cgroup", "0::/../../system.slice\n",
			"proc/self/mountinfo", strings.Replace(v2Mount, "0:26 / ", "0:26 /kubepods ", 1),
			"sys/fs/cgroup/memory.max", "1000\n"),
			Limits{CPUQuota: 0, Memory: 1000}},
		{"v1, mount shows the group itself", files(
			"proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n",
			"proc/self/mountinfo", v1CPU+v1Memory,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "25000\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n"),
			Limits{CPUQuota: 0.25, Memory: 32 << 20}},
		{"v1, below the mount", files(
			"proc/self/cgroup", "5:memory:/docker/abc/child\n", "proc/self/mountinfo", v1Memory,
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "100\n",
			"sys/fs/cgroup/memory/child/memory.limit_in_bytes", "200\n"),
			Limits{CPUQuota: 0, Memory: 100}},
		{"v1, unlimited", files(
			"proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n",
			"proc/self/mountinfo", v1CPU+v1Memory,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
			Limits{}},
		{"hybrid: memory by v1, CPU by v2", files(
			"proc/self/cgroup", "5:memory:/docker/abc\n0::/\n", "proc/self/mountinfo", v1Memory+v2Mount,
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "500\n", "sys/fs/cgroup/cpu.max", "100000 100000\n"),
			Limits{CPUQuota: 1, Memory: 500}},
		{"garbage", files(
			"proc/self/cgroup", "0::/\nx\n::\n", "proc/self/mountinfo", "a b c\n"+v2Mount,
			"sys/fs/cgroup/cpu.max", "1 0\n", "sys/fs/cgroup/memory.max", "-5\n"),
			Limits{}},
		{"nothing", files(), Limits{}},
	} {
		if got := readLimits(tt.fsys, readMounts(tt.fsys)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestReadOnlyRoot(t *testing.T) {
	for _, tt := range []struct {
		name, mountinfo string
		want            bool
	}{
		{"rw", "1 0 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a\n", false},
		{"docker run --read-only", "1 0 0:50 / / ro,relatime - overlay overlay rw,lowerdir=/a\n", true},
		{"file system ro", "1 0 0:50 / / rw,relatime - squashfs x ro\n", true},
		{"the last one on / counts", "1 0 0:1 / / ro - a a ro\n2 1 0:2 / / rw - b b rw\n", false},
		{"another mount is ro", "1 0 0:1 / / rw - a a rw\n2 1 0:2 / /x ro - b b ro\n", false},
		{"errors=remount-ro is no ro", "1 0 0:1 / / rw,errors=remount-ro - a a rw\n", false},
		{"unreadable", "", false},
	} {
		if got := rootIsReadOnly(readMounts(files("proc/self/mountinfo", tt.mountinfo))); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReadHere(t *testing.T) {
	info := Read(Host{})
	if info.Hostname == "" || info.CPUs < 1 || info.MaxProcs < 1 || info.Platform == "" || info.Architecture == "" {
		t.Errorf("a fact is missing: %+v", info)
	}
}

// FuzzLimits checks that whatever the files say, a limit is a possible one.
func FuzzLimits(f *testing.F) {
	f.Add("0::/a\n", v2Mount, "150000 100000", "67108864")
	f.Add("5:memory:/docker/abc\n", v1Memory, "", "100")
	f.Add("0::/..//../\n", `1 2 0:3 \057x \134\040 ro - cgroup2 c rw`, "9223372036854775807 1", "1")
	f.Fuzz(func(t *testing.T, group, mountinfo, cpu, memory string) {
		fsys := files("proc/self/cgroup", group, "proc/self/mountinfo", mountinfo,
			"sys/fs/cgroup/cpu.max", cpu, "sys/fs/cgroup/memory.max", memory)
		got := readLimits(fsys, readMounts(fsys))
		if got.CPUQuota < 0 || got.Memory < 0 || got.Memory >= noLimit {
			t.Errorf("%+v", got)
		}
	})
}

func TestHostReadsLikeOthers(t *testing.T) {
	for _, name := range []string{"proc/self/mountinfo", "etc/passwd", "no/such/file", "proc"} {
		got, err := fs.ReadFile(Host{}, name)
		want, wantErr := os.ReadFile("/" + name)
		if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) || errors.Is(err, fs.ErrNotExist) != errors.Is(wantErr, fs.ErrNotExist) {
			t.Errorf("%s: %d bytes, %v; want %d, %v", name, len(got), err, len(want), wantErr)
		}
	}
}

// BenchmarkHost reads a file of proc as Host does, and as package os does.
func BenchmarkHost(b *testing.B) {
	for _, bench := range []struct {
		name string
		host fs.FS
	}{{"own", Host{}}, {"os", os.DirFS("/")}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := fs.ReadFile(bench.host, "proc/self/mountinfo"); err != nil {
					b.Skip(err)
				}
			}
		})
	}
}
