package main

import (
	"net/http"
	"strings"
	"testing"

	"devops-go/internal/registrytest"
)

// TestVerifyReferrers: what a registry lists as being about an image is verified
// with it, and a bit that is wrong there is a finding.
func TestVerifyReferrers(t *testing.T) {
	dir, made := packedForPush(t)
	for _, api := range []bool{true, false} {
		server := registrytest.New(t)
		server.Referrers = api
		ref := server.Host() + "/app:1"
		tare(t, dir, "push", "image.tar", ref)
		out, stderr, code := output(t, dir, "", "verify", "docker://"+ref)
		if code != 0 || !strings.Contains(out, "is what it says (read: linux/amd64, 1 referrer).") {
			t.Errorf("exit %d: %s%s", code, out, stderr)
		}
		server.Fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if !asked(r, http.MethodGet, isManifest+made.Referrers[0]) {
				return false
			}
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Write([]byte(`{"schemaVersion":2}`))
			return true
		}
		if out, stderr, code := output(t, dir, "", "verify", "docker://"+ref); code == 0 {
			t.Errorf("a referrer is another: exit %d: %s%s", code, out, stderr)
		}
		server.Fault = nil
		if out, stderr, code := output(t, dir, "", "verify", "--platform", "linux/amd64", "docker://"+ref); code != 0 || !strings.Contains(out, "(read: linux/amd64).") {
			t.Errorf("one platform: exit %d: %s%s", code, out, stderr)
		}
	}
}
