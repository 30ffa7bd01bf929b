package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/digest"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// fleetRegistry serves one image under every name.
func fleetRegistry(t *testing.T) string {
	t.Helper()
	files := it.Files{}
	manifest := files.Manifest(zipped(neat()))
	body := files[it.BlobPath(manifest.Digest)]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, blob := strings.Cut(r.URL.Path, "/blobs/")
		if !blob {
			w.Header().Set("Content-Type", oci.MediaTypeManifest)
			w.Write(body)
			return
		}
		d, err := digest.Parse(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Write(files[it.BlobPath(d)])
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// A use is what a process holds: descriptors, and the most kilobytes that were
// resident so far.
type use struct{ descriptors, peak int }

func useOf(t *testing.T, pid int) use {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return use{len(entries), peak}
}

// auditFleet has a thousand images judged, eight at a time, and holds what the
// process uses after the last against what it used after the hundredth.
func auditFleet(t *testing.T, ref func(i int) string) {
	t.Helper()
	cmd := tareCommand(t, t.TempDir(), "audit", "-", "--jobs", "8")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	// judge sends references and awaits as many answers.
	judge := func(from, to int) use {
		t.Helper()
		go func() {
			for i := from; i < to; i++ {
				fmt.Fprintln(stdin, ref(i))
			}
		}()
		for range to - from {
			if !lines.Scan() {
				t.Fatalf("the output ends early: %v", lines.Err())
			}
			if !strings.Contains(lines.Text(), `"ok":true`) {
				t.Fatal(lines.Text())
			}
		}
		return useOf(t, cmd.Process.Pid)
	}
	few, all := judge(0, 100), judge(100, 1000)
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("after 100: %d descriptors, %d kB at most; after 1000: %d, %d kB", few.descriptors, few.peak, all.descriptors, all.peak)
	const slack = 16 << 10 // what the collector may lag behind
	if all.descriptors > few.descriptors+8 || all.peak > few.peak+slack || all.peak > 64<<10 {
		t.Errorf("after 100: %+v; after 1000: %+v", few, all)
	}
}

// A thousand images cost no more memory and no more descriptors than a few.
func TestAuditFleet(t *testing.T) {
	host := fleetRegistry(t)
	auditFleet(t, func(i int) string { return fmt.Sprintf("docker://%s/team/image-%d:1", host, i) })
}
