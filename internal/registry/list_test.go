package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pages   map[string]string // by query: body, then a Link header after a newline
		want    []string
		wantErr string
	}{
		{"one page", map[string]string{"": `{"name":"app","tags":["a","b"]}`}, []string{"a", "b"}, ""},
		{"none", map[string]string{"": `{"name":"app","tags":null}`}, nil, ""},
		{"pages", map[string]string{
			"":           `{"tags":["a"]}` + "\n" + `</v2/app/tags/list?last=a&n=1>; rel="next"`,
			"last=a&n=1": `{"tags":["b"]}` + "\n" + `<list?last=b>; rel=next`,
			"last=b":     `{"tags":["c"]}` + "\n" + `</v2/app/tags/list>; rel="prev"`,
		}, []string{"a", "b", "c"}, ""},
		{"a page that leads to itself", map[string]string{
			"": `{"tags":["a"]}` + "\n" + `</v2/app/tags/list>; rel="next"`,
		}, nil, "leads in a circle"},
		{"pages in a circle", map[string]string{
			"":  `{"tags":["a"]}` + "\n" + `<?1>; rel="next"`,
			"1": `{"tags":["a"]}` + "\n" + `<?2>; rel="next"`,
			"2": `{"tags":["a"]}` + "\n" + `<?1>; rel="next"`,
		}, nil, "leads in a circle"},
		{"another host", map[string]string{
			"": `{"tags":["a"]}` + "\n" + `<https://example.com/v2/app/tags/list?n=2>; rel="next"`,
		}, nil, `the list goes on at "https://example.com/`},
		{"not JSON", map[string]string{"": `<html>`}, nil, "the list is not JSON"},
		{"hostile tag", map[string]string{"": `{"tags":["\u001b[2J"]}`}, nil, `tag "\x1b[2J"`},
		{"endless page", map[string]string{"": `{"tags":["` + strings.Repeat("a", maxPage) + `"]}`}, nil, "answer is longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
				page, ok := tt.pages[r.URL.RawQuery]
				body, link, _ := strings.Cut(page, "\n")
				if link != "" {
					w.Header().Set("Link", link)
				}
				if ok {
					fmt.Fprint(w, body)
				}
				return ok
			}
			c, _ := f.client(Options{})
			got, err := c.Tags(t.Context(), f.ref("app"))
			if tt.wantErr == "" {
				if err != nil || !slices.Equal(got, tt.want) {
					t.Errorf("Tags = %q, %v; want %q", got, err, tt.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Fatalf("error %v, want %q", err, tt.wantErr)
			}
			checkLine(t, err, f.Host())
		})
	}
}

// A list that goes on for ever ends in one line.
func TestEndlessList(t *testing.T) {
	long := `{"tags":["` + strings.Repeat(strings.Repeat("a", 100)+`","`, 70_000) + `z"]}`
	for _, tt := range []struct {
		name, page, want string
	}{
		{"pages", `{"tags":["a"]}`, "the list has more than 1000 pages"},
		{"bytes", long, "the list has more than 67108864 bytes"},
		{"values", `{"tags":[` + strings.Repeat(`"a",`, oci.MaxValues) + `"a"]}`, "the list is not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.Fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
				if !strings.HasSuffix(r.URL.Path, "/tags/list") {
					return false
				}
				page, _ := strconv.Atoi(r.URL.Query().Get("last"))
				w.Header().Set("Link", fmt.Sprintf(`</v2/app/tags/list?last=%d>; rel="next"`, page+1))
				fmt.Fprint(w, tt.page)
				return true
			}
			c, _ := f.client(Options{})
			_, err := c.Tags(t.Context(), f.ref("app"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			checkLine(t, err, f.Host())
		})
	}
}

// What refers to a manifest is counted over all pages.
func TestTooManyReferrers(t *testing.T) {
	f := newFake(t)
	var page []string
	for i := range 5001 {
		page = append(page, fmt.Sprintf(`{"mediaType":%q,"size":2,"digest":%q}`, oci.MediaTypeManifest, digest.FromBytes(fmt.Append(nil, i))))
	}
	f.Fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			return false
		}
		if r.URL.RawQuery == "" {
			w.Header().Set("Link", `<?page=2>; rel="next"`)
		}
		fmt.Fprintf(w, `{"schemaVersion":2,"manifests":[%s]}`, strings.Join(page, ","))
		return true
	}
	c, _ := f.client(Options{})
	_, err := c.Referrers(t.Context(), f.ref("app"), digest.FromBytes(nil), "")
	if want := "more than 10000 manifests refer to"; err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want %q", err, want)
	}
	checkLine(t, err, f.Host())
}

func TestNextLink(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{``, ""},
		{`</a?b=c,d;e>; rel="next"`, "/a?b=c,d;e"},
		{`</a>; rel=next`, "/a"},
		{`</a>; title="x, <y>; rel=next"; REL="last next"`, "/a"},
		{`</a>; rel="prev", </b>; rel="next"`, "/b"},
		{`</a>;rel="prev",</b>;n=1;rel=Next;x`, "/b"},
		{`</a>; rel="prev"; rel="next"`, ""},
		{`</a`, ""},
		{`</a>`, ""},
		{`</a>; rel="next`, ""},
	} {
		if got := nextLink([]string{tt.in}); got != tt.want {
			t.Errorf("nextLink(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// What is found stands between angle brackets, and a link written before the
// line is found first.
func FuzzNextLink(f *testing.F) {
	f.Add(`</v2/app/tags/list?last=a&n=1>; rel="next"`)
	f.Add(`</a>; title="x, <y>"; rel="prev", </b>; rel=next`)
	f.Fuzz(func(t *testing.T, line string) {
		got := nextLink([]string{line})
		if got != "" && !strings.Contains(line, "<"+got+">") {
			t.Errorf("nextLink(%q) = %q", line, got)
		}
		if got := nextLink([]string{`</first>; rel="prev x", </second>; rel="next", ` + line}); got != "/second" {
			t.Errorf("nextLink before %q = %q", line, got)
		}
	})
}

// subjectManifest is a manifest that refers to about.
func subjectManifest(t *testing.T, kind string, about digest.Digest) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"schemaVersion": 2,
		"artifactType":  kind,
		"subject":       oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: about, Size: 2},
		"annotations":   map[string]string{"made": "by test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Referrers are found by the API where there is one, else by the fallback tag,
// which pushing keeps.
func TestReferrers(t *testing.T) {
	about := digest.FromBytes([]byte("subject"))
	for _, api := range []bool{true, false} {
		t.Run(fmt.Sprintf("api=%v", api), func(t *testing.T) {
			f := newFake(t)
			f.Referrers = api
			c, _ := f.client(Options{})
			for _, kind := range []string{"a/b", "c/d", "a/b"} {
				content := subjectManifest(t, kind, about)
				ref := f.ref("app").WithDigest(digest.FromBytes(content))
				if _, err := c.PushManifest(t.Context(), ref, oci.MediaTypeManifest, content); err != nil {
					t.Fatal(err)
				}
			}
			for kind, want := range map[string]int{"": 2, "a/b": 1, "x/y": 0} {
				got, err := c.Referrers(t.Context(), f.ref("app"), about, kind)
				if err != nil || len(got) != want {
					t.Errorf("Referrers(%q) = %v, %v; want %d", kind, got, err, want)
				}
				for _, d := range got {
					if d.Annotations["made"] != "by test" || d.MediaType != oci.MediaTypeManifest {
						t.Errorf("descriptor %+v", d)
					}
				}
			}
			_, err := c.Manifest(t.Context(), fallbackTag(f.ref("app"), about))
			if fellBack := err == nil; fellBack == api {
				t.Errorf("fallback tag: %v", err)
			}
			if got, err := c.Referrers(t.Context(), f.ref("other"), about, ""); err != nil || len(got) != 0 {
				t.Errorf("Referrers of nothing = %v, %v", got, err)
			}
		})
	}
}

func TestReferrersFaults(t *testing.T) {
	about := digest.FromBytes([]byte("subject"))
	f := newFake(t)
	f.AddManifest("app", "sha256-"+about.Hex(), oci.MediaTypeIndex, []byte(`{"manifests":"none"}`))
	c, _ := f.client(Options{})
	if _, err := c.Referrers(t.Context(), f.ref("app"), about, ""); err == nil || !strings.Contains(err.Error(), "is not an image index") {
		t.Errorf("tag that is no index: %v", err)
	}
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		registrytest.Refuse(w, http.StatusForbidden, "DENIED", "no")
		return true
	}
	if _, err := c.Referrers(t.Context(), f.ref("app"), about, ""); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("forbidden: %v", err)
	}
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed} {
		f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
			unknown := strings.Contains(r.URL.Path, "/referrers/")
			if unknown {
				w.WriteHeader(status)
			}
			return unknown
		}
		if got, err := c.Referrers(t.Context(), f.ref("other"), about, ""); err != nil || len(got) != 0 {
			t.Errorf("API refused by %d: %v, %v", status, got, err)
		}
	}
}
