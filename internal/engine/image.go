package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"devops-go/internal/oci"
)

// An Image is what an engine says of an image.
type Image struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Created      string // RFC 3339, or empty
	Architecture string
	Variant      string
	OS           string `json:"Os"`
	// Size is the engine's own measure, which differs by store; see docs/measures.md.
	Size int64
	// Config is the run configuration as the engine has it.
	Config json.RawMessage
	RootFS struct{ Layers []string } // diff IDs, oldest first
	// Driver is what keeps the layers.
	Driver struct {
		Name string
		Data map[string]string
	} `json:"GraphDriver"`
	// Descriptor is what the name leads to, a manifest or an index; only
	// containerd's store has one.
	Descriptor *oci.Descriptor
	// Manifests are those under an index; newer containerd stores say.
	Manifests []Manifest
	// Raw is the engine's answer.
	Raw json.RawMessage `json:"-"`
}

// A Manifest is one of an image's in containerd's store.
type Manifest struct {
	ID         string
	Descriptor oci.Descriptor
	Available  bool
	Kind       string // image, attestation or unknown
	Size       struct {
		Content, Total int64 // stored blobs; those and what is unpacked
	}
	ImageData struct {
		Platform oci.Platform
		Size     struct{ Unpacked int64 }
	}
}

// The stores of images that engines have. They size up images each in its way.
const (
	StoreOverlay2   = "overlay2"
	StoreContainerd = "containerd"
)

// Store names the store that holds the image: containerd, or the name of the
// storage driver, as overlay2.
func (i Image) Store() string {
	if i.Descriptor != nil || i.Driver.Data == nil && i.Driver.Name != "vfs" {
		return StoreContainerd
	}
	return i.Driver.Name
}

// Inspect describes the image called name, a reference or an ID. Engines before
// API 1.48 have one platform of an image only, whatever want says.
func (c *Client) Inspect(ctx context.Context, name string, want oci.Platform) (Image, error) {
	version, err := c.negotiate(ctx)
	if err != nil {
		return Image{}, err
	}
	query := url.Values{}
	switch {
	case atLeast(version, 49) && !want.IsZero():
		query.Set("platform", platformJSON(want))
	case atLeast(version, 48) && want.IsZero():
		query.Set("manifests", "1") // the two exclude each other
	}
	var image Image
	raw, err := c.read(ctx, name, "json", query, &image)
	if err != nil {
		return Image{}, err
	}
	image.Raw = raw
	return image, nil
}

// platformJSON is a platform as queries name it.
func platformJSON(p oci.Platform) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings only
	}
	return string(b)
}

// A HistoryEntry is one step of an image's making, as docker history shows it.
type HistoryEntry struct {
	ID        string `json:"Id"`
	Created   int64  // seconds since 1970
	CreatedBy string
	Tags      []string
	Size      int64
	Comment   string
}

// Time returns when the step was made.
func (h HistoryEntry) Time() time.Time { return time.Unix(h.Created, 0) }

// History returns the steps of the image called name, the newest first; see
// Inspect for want.
func (c *Client) History(ctx context.Context, name string, want oci.Platform) ([]HistoryEntry, error) {
	version, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if atLeast(version, 48) && !want.IsZero() {
		query.Set("platform", platformJSON(want))
	}
	var history []HistoryEntry
	if _, err := c.read(ctx, name, "history", query, &history); err != nil {
		return nil, err
	}
	return history, nil
}

// read parses the answer to GET /images/NAME/WHAT into v.
func (c *Client) read(ctx context.Context, name, what string, query url.Values, v any) ([]byte, error) {
	if name == "" {
		return nil, fmt.Errorf("docker engine at %s: no image named", c.endpoint)
	}
	resp, err := c.do(ctx, http.MethodGet, "/images/"+name+"/"+what, query, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("docker engine at %s: %s of %q is longer than %d bytes", c.endpoint, what, name, maxAnswer)
	}
	if err := oci.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("docker engine at %s: %s of %q: %w", c.endpoint, what, name, err)
	}
	return body, nil
}

// Save streams the images called names as one archive, like docker save. The
// caller closes it.
func (c *Client) Save(ctx context.Context, names ...string) (io.ReadCloser, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("docker engine at %s: no image named", c.endpoint)
	}
	resp, err := c.do(ctx, http.MethodGet, "/images/get", url.Values{"names": names}, nil)
	if err != nil {
		return nil, missing(err)
	}
	return &stream{resp.Body, ctx, c}, nil
}

// missing makes a 404 of the 500 that engines before 25 send when an image to
// be saved is not there.
func missing(err error) error {
	e, ok := errors.AsType[*Error](err)
	if ok && e.Status == http.StatusInternalServerError &&
		(strings.Contains(e.Message, "No such image") || strings.Contains(e.Message, "reference does not exist")) {
		e.Status = http.StatusNotFound
	}
	return err
}

// stream names the engine in the errors of an answer's body.
type stream struct {
	io.ReadCloser
	ctx    context.Context
	client *Client
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = s.client.failure(s.ctx, err)
	}
	return n, err
}

// Load sends an archive to the engine, like docker load, and returns the names
// or IDs of the images that it says it has loaded.
func (c *Client) Load(ctx context.Context, archive io.Reader) ([]string, error) {
	resp, err := c.do(ctx, http.MethodPost, "/images/load", url.Values{"quiet": {"1"}}, archive)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var loaded []string
	// What an engine has to say about a load is short; what is longer is cut.
	messages := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	for {
		var m struct {
			Stream string `json:"stream"`
			Error  string `json:"error"`
		}
		switch err := messages.Decode(&m); {
		case err == io.EOF:
			return loaded, nil
		case err != nil:
			return nil, fmt.Errorf("loading: %w", c.failure(ctx, err))
		case m.Error != "":
			return nil, &Error{Endpoint: c.endpoint.String(), Op: "load", Message: "load: " + line(m.Error)}
		}
		loaded = append(loaded, loadedNames(m.Stream)...)
	}
}

// loadedNames reads "Loaded image: NAME" and "Loaded image ID: ID".
func loadedNames(text string) []string {
	var names []string
	for l := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(l), "Loaded image")
		if _, name, found := strings.Cut(rest, ": "); ok && found {
			names = append(names, name)
		}
	}
	return names
}
