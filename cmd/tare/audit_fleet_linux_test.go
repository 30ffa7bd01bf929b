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
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
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
			w.Header().Set("Content-Type", image.MediaTypeManifest)
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

// use is what a process holds: descriptors and resident kilobytes.
func use(t *testing.T, pid int) (descriptors, resident int) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	if resident, err = strconv.Atoi(strings.Fields(rest)[0]); err != nil {
		t.Fatal(err)
	}
	return len(entries), resident
}

// A thousand images cost no more memory and no more descriptors than a few.
func TestAuditFleet(t *testing.T) {
	host := fleetRegistry(t)
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
	judge := func(from, to int) {
		t.Helper()
		go func() {
			for i := from; i < to; i++ {
				fmt.Fprintf(stdin, "docker://%s/team/image-%d:1\n", host, i)
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
	}
	judge(0, 200)
	descriptors, resident := use(t, cmd.Process.Pid)
	judge(200, 1000)
	descriptorsAfter, residentAfter := use(t, cmd.Process.Pid)
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("after 200: %d descriptors, %d kB; after 1000: %d, %d kB", descriptors, resident, descriptorsAfter, residentAfter)
	if descriptorsAfter > descriptors+8 || residentAfter > resident*3/2 {
		t.Errorf("after 200: %d descriptors, %d kB; after 1000: %d, %d kB", descriptors, resident, descriptorsAfter, residentAfter)
	}
}
