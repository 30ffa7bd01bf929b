package service

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// The Go and process figures have the names, types and meanings of the Go and
// process collectors of Prometheus' client libraries.

func writeGoMetrics(e *exposition, version string) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	threads, _ := runtime.ThreadCreateProfile(nil)

	const pauses = "go_gc_duration_seconds"
	e.family(pauses, "summary", "Wall time of the pauses in garbage collection cycles.")
	recent := recentPauses(&m)
	for i, quantile := range []string{"0", "0.25", "0.5", "0.75", "1"} {
		pause := 0
		if len(recent) > 0 {
			pause = recent[i*(len(recent)-1)/4]
		}
		e.sample(pauses, float64(pause)/1e9, "quantile", quantile)
	}
	e.sample(pauses+"_sum", float64(m.PauseTotalNs)/1e9)
	e.sample(pauses+"_count", float64(m.NumGC))
	e.gauge("go_goroutines", "Goroutines that exist.", float64(runtime.NumGoroutine()))
	e.family("go_info", "gauge", "The Go environment; the value is always 1.")
	e.sample("go_info", 1, "version", version)
	e.gauge("go_threads", "Operating system threads created.", float64(threads))
	e.gauge("go_sched_gomaxprocs_threads", "GOMAXPROCS.", float64(runtime.GOMAXPROCS(0)))
	e.gauge("go_memstats_alloc_bytes", "Bytes of heap in use.", float64(m.Alloc))
	e.counter("go_memstats_alloc_bytes_total", "Bytes of heap allocated, also those freed since.", float64(m.TotalAlloc))
	e.gauge("go_memstats_sys_bytes", "Bytes obtained from the system.", float64(m.Sys))
	e.counter("go_memstats_mallocs_total", "Heap objects allocated.", float64(m.Mallocs))
	e.counter("go_memstats_frees_total", "Heap objects freed.", float64(m.Frees))
	e.gauge("go_memstats_heap_alloc_bytes", "Bytes of heap allocated and in use.", float64(m.HeapAlloc))
	e.gauge("go_memstats_heap_sys_bytes", "Bytes of heap obtained from the system.", float64(m.HeapSys))
	e.gauge("go_memstats_heap_idle_bytes", "Bytes of heap that wait to be used.", float64(m.HeapIdle))
	e.gauge("go_memstats_heap_inuse_bytes", "Bytes of heap in spans in use.", float64(m.HeapInuse))
	e.gauge("go_memstats_heap_released_bytes", "Bytes of heap returned to the system.", float64(m.HeapReleased))
	e.gauge("go_memstats_heap_objects", "Objects allocated now.", float64(m.HeapObjects))
	e.gauge("go_memstats_stack_inuse_bytes", "Bytes of stack in use.", float64(m.StackInuse))
	e.gauge("go_memstats_next_gc_bytes", "Bytes of heap at which the next collection begins.", float64(m.NextGC))
	e.gauge("go_memstats_last_gc_time_seconds", "Unix time of the last collection's end.", float64(m.LastGC)/1e9)
}

// recentPauses returns the last pauses of the collector, in nanoseconds, sorted.
// They are ints because sorting those costs no further code.
func recentPauses(m *runtime.MemStats) []int {
	pauses := make([]int, min(int(m.NumGC), len(m.PauseNs)))
	for i := range pauses {
		pauses[i] = int(m.PauseNs[i])
	}
	slices.Sort(pauses)
	return pauses
}

func writeProcessMetrics(e *exposition) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		e.counter("process_cpu_seconds_total", "User and system CPU time spent.",
			float64(usage.Utime.Nano()+usage.Stime.Nano())/1e9)
	}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		e.gauge("process_max_fds", "Open file descriptors allowed.", float64(files.Cur))
	}
	if dir, err := os.Open("/proc/self/fd"); err == nil {
		fds, _ := dir.Readdirnames(-1)
		dir.Close()
		e.gauge("process_open_fds", "Open file descriptors.", float64(len(fds)-1)) // one was the folder's own
	}
	var space syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &space) == nil {
		e.gauge("process_virtual_memory_max_bytes", "Bytes of virtual memory allowed.", float64(space.Cur))
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	// proc_pid_stat(5): the fields after the command's name, which may hold
	// spaces, begin with the third.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	field := func(n int) float64 {
		if n-3 >= len(fields) {
			return 0
		}
		value, _ := strconv.ParseUint(fields[n-3], 10, 64)
		return float64(value)
	}
	e.gauge("process_virtual_memory_bytes", "Bytes of virtual memory.", field(23))
	e.gauge("process_resident_memory_bytes", "Bytes of resident memory.", field(24)*float64(os.Getpagesize()))
	if boot, ok := bootTime(); ok {
		const ticks = 100 // a second: USER_HZ, the same on all of Linux's architectures that Go has
		e.gauge("process_start_time_seconds", "Unix time of the process's start.", boot+field(22)/ticks)
	}
}

// bootTime returns the Unix time of the system's start.
func bootTime() (seconds float64, ok bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(stat)) {
		if value, found := strings.CutPrefix(line, "btime "); found {
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return float64(n), err == nil
		}
	}
	return 0, false
}
