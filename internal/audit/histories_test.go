package audit

import (
	"os"
	"strings"
	"testing"

	"devops-go/internal/image"
	"devops-go/internal/secret"
)

// The histories of popular images hold keys of GnuPG, digests, versions and
// URLs in plenty, and no secret.
func TestPopularHistories(t *testing.T) {
	b, err := os.ReadFile("testdata/histories.txt")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(b), "== ")[1:]
	if len(parts) < 20 {
		t.Fatalf("%d histories, want 20", len(parts))
	}
	for _, part := range parts {
		name, lines, _ := strings.Cut(strings.TrimSuffix(part, "\n"), "\n")
		img := with()
		for createdBy := range strings.SplitSeq(lines, "\n") {
			img.Config.History = append(img.Config.History, image.History{Created: at(2), CreatedBy: createdBy, EmptyLayer: true})
			if h := (image.History{CreatedBy: createdBy}); strings.HasPrefix(h.Instruction(), "ENV ") {
				for _, p := range splitPairs(strings.TrimPrefix(h.Instruction(), "ENV ")) {
					img.Config.Config.Env = append(img.Config.Config.Env, p.name+"="+p.value)
				}
			}
		}
		r := judge(t, img, Options{})
		for _, rule := range []string{"TARE-H001", "TARE-H002", "TARE-H003", "TARE-H004", "TARE-H005", "TARE-H006", "TARE-H007", "TARE-H010"} {
			for _, f := range of(r, rule) {
				t.Errorf("%s: %s %s: %s", name, f.Rule, f.Message, f.Instruction)
			}
		}
		for _, s := range newTestSteps(t, img.Config.History) {
			if strings.Contains(s, secret.Masked) {
				t.Errorf("%s: masked for nothing: %s", name, s)
			}
		}
	}
}

// newTestSteps returns the instructions, masked.
func newTestSteps(t *testing.T, history []image.History) []string {
	t.Helper()
	m := secret.NewMatcher()
	var list []string
	for _, h := range history {
		list = append(list, secret.Mask(h.Instruction(), m.Find(h.Instruction())))
	}
	return list
}
