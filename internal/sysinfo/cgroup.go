package sysinfo

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Limits are the tightest that the process's cgroup or an ancestor of it sets.
type Limits struct {
	CPUQuota float64 // CPUs' worth of time; 0 is no limit
	Memory   int64   // bytes; 0 is no limit
	PIDs     int64   // threads and processes; 0 is no limit
}

// noLimit is where cgroup v1's numbers of bytes begin to mean "unlimited": it
// writes the largest int64, rounded down to a page.
const noLimit = 1 << 62

// readLimits understands cgroup v2, v1 and both at once (cgroups(7)): memory
// may be governed by one and CPU by the other.
func readLimits(fsys fs.FS, mounts []mount) Limits {
	data, err := fs.ReadFile(fsys, "proc/self/cgroup")
	if err != nil {
		return Limits{}
	}
	var limits Limits
	for line := range strings.Lines(string(data)) {
		// hierarchy-ID:controller-list:cgroup-path
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		switch controllers, group := fields[1], fields[2]; {
		case fields[0] == "0" && controllers == "":
			walkUp(mounts, "cgroup2", "", group, func(dir string) {
				limits.tightenCPU(cpuMax(readLine(fsys, dir+"/cpu.max")))
				tighten(&limits.Memory, readLine(fsys, dir+"/memory.max"))
				tighten(&limits.PIDs, readLine(fsys, dir+"/pids.max"))
			})
		case hasOption(controllers, "cpu"):
			walkUp(mounts, "cgroup", "cpu", group, func(dir string) {
				limits.tightenCPU(quotient(readLine(fsys, dir+"/cpu.cfs_quota_us"), readLine(fsys, dir+"/cpu.cfs_period_us")))
			})
		case hasOption(controllers, "memory"):
			walkUp(mounts, "cgroup", "memory", group, func(dir string) {
				tighten(&limits.Memory, readLine(fsys, dir+"/memory.limit_in_bytes"))
			})
		case hasOption(controllers, "pids"):
			walkUp(mounts, "cgroup", "pids", group, func(dir string) {
				tighten(&limits.PIDs, readLine(fsys, dir+"/pids.max"))
			})
		}
	}
	return limits
}

// walkUp calls visit with the folder of the cgroup and of each visible ancestor.
func walkUp(mounts []mount, fstype, controller, group string, visit func(dir string)) {
	for _, m := range mounts {
		if m.fstype != fstype || controller != "" && !hasOption(m.super, controller) {
			continue
		}
		top := strings.TrimPrefix(path.Clean(m.point), "/")
		// The mount shows m.root and below. A group outside of it belongs to
		// another namespace: the mount's own top is then all there is to see.
		below, ok := strings.CutPrefix(path.Clean("/"+group), strings.TrimSuffix(m.root, "/"))
		if !ok || below != "" && below[0] != '/' {
			below = ""
		}
		for dir := path.Join(top, below); ; dir = path.Dir(dir) {
			visit(dir)
			if len(dir) <= len(top) {
				return
			}
		}
	}
}

// cpuMax reads cgroup v2's "max 100000" or "150000 100000": microseconds of CPU
// time in each period.
func cpuMax(line string) float64 {
	quota, period, _ := strings.Cut(line, " ")
	return quotient(quota, period)
}

func quotient(quota, period string) float64 {
	q, err1 := strconv.ParseInt(quota, 10, 64)
	p, err2 := strconv.ParseInt(period, 10, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return float64(q) / float64(p)
}

func (l *Limits) tightenCPU(quota float64) {
	if quota > 0 && (l.CPUQuota == 0 || quota < l.CPUQuota) {
		l.CPUQuota = quota
	}
}

// tighten lowers a limit to the one that line states, if it states one.
func tighten(limit *int64, line string) {
	n, err := strconv.ParseInt(line, 10, 64)
	if err == nil && n > 0 && n < noLimit && (*limit == 0 || n < *limit) {
		*limit = n
	}
}
