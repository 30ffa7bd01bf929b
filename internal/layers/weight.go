package layers

import (
	"archive/tar"
	"path"
	"time"

	"devops-go/internal/image"
)

// A Weight is what an image weighs and is. Figures that aren't known, because
// the layers weren't read or the source doesn't tell, are nil. Sizes are bytes.
type Weight struct {
	Image    string     `json:"image"`
	Source   string     `json:"source"`
	Tags     []string   `json:"tags"`
	Manifest string     `json:"manifestDigest,omitempty"`
	Config   string     `json:"configDigest"`
	Platform string     `json:"platform"`
	Created  *time.Time `json:"created"`
	User     string     `json:"user"`
	Command  []string   `json:"command"`

	Size *int64 `json:"size"`
	// EngineSize is what the engine that holds the image says of it, and
	// EngineStore the store whose measure that is; nil for an image in no engine.
	EngineSize   *int64   `json:"engineSize"`
	EngineStore  string   `json:"engineStore,omitempty"`
	Stores       Stores   `json:"stores"`
	Transfer     *int64   `json:"transfer"`
	Net          *int64   `json:"net"`
	NetPath      string   `json:"netPath,omitempty"`
	Tare         *int64   `json:"tare"`
	Dead         *int64   `json:"dead"`
	Wasted       *int64   `json:"wasted"`
	Efficiency   *float64 `json:"efficiency"`
	Layers       int      `json:"layers"`
	Files        *int     `json:"files"`
	Attestations int      `json:"attestations"`
	// Provenance is what is attested about the image's making; nil for nothing.
	Provenance *Making `json:"provenance,omitempty"`
	// Unread says why the layers weren't read, where it wasn't by choice.
	Unread string `json:"unread,omitempty"`
}

// Figures are those of a [Weight] that limits can be set for, under the same
// names. Sizes are bytes; what isn't known is nil.
type Figures struct {
	Size       *int64   `json:"size"`
	Transfer   *int64   `json:"transfer"`
	Net        *int64   `json:"net"`
	Tare       *int64   `json:"tare"`
	Dead       *int64   `json:"dead"`
	Wasted     *int64   `json:"wasted"`
	Efficiency *float64 `json:"efficiency"`
	Layers     int      `json:"layers"`
	Files      *int     `json:"files"`
}

// Figures returns the figures of w.
func (w *Weight) Figures() Figures {
	return Figures{w.Size, w.Transfer, w.Net, w.Tare, w.Dead, w.Wasted, w.Efficiency, w.Layers, w.Files}
}

// WeighUnread returns what is known of img without reading its layers.
func WeighUnread(img *image.Image) Weight {
	w := Weight{
		Image:        img.Name,
		Source:       string(img.Source),
		Tags:         append([]string{}, img.Tags...),
		Manifest:     img.ManifestDigest.String(),
		Config:       img.ConfigDigest.String(),
		Platform:     img.Platform().String(),
		Created:      img.Config.Created,
		User:         img.Config.Config.User,
		Command:      img.Config.Command(),
		Layers:       len(img.Layers),
		Attestations: len(img.Attestations),
		Provenance:   making(img),
	}
	if transfer, ok := img.Transfer(); ok {
		w.Transfer = &transfer
	}
	w.Stores.Registry = w.Transfer
	if img.Held != nil {
		w.EngineSize, w.EngineStore = &img.Held.Size, img.Held.Store()
	}
	if err := img.Unreadable(); err != nil {
		w.Unread = err.Error()
	}
	return w
}

// Weigh returns what the image weighs. The net weight is that of the files
// that pattern matches, see [Stack.Match]; without a pattern that of the
// executable which the image starts.
func (s *Stack) Weigh(pattern string) (Weight, error) {
	w := WeighUnread(s.Image)
	size, dead := s.Size(), s.Dead()
	files := s.Files()
	efficiency, wasted := s.Efficiency()
	w.Size, w.Dead, w.Wasted, w.Efficiency, w.Files = &size, &dead, &wasted, &efficiency, &files
	overlay2, containerd := s.Overlay2Size(), s.ContainerdSize()
	w.Stores.Overlay2, w.Stores.Containerd = &overlay2, &containerd
	net, netPath, err := s.net(pattern)
	if err != nil {
		return Weight{}, err
	}
	if netPath != "" {
		tare := size - net
		w.Net, w.NetPath, w.Tare = &net, netPath, &tare
	}
	return w, nil
}

// net returns the bytes of the payload and what it is, "" where there is none.
func (s *Stack) net(pattern string) (int64, string, error) {
	if pattern == "" {
		n := s.Executable()
		if n == nil {
			return 0, "", nil
		}
		return n.Entry.Inode().Size, "/" + n.Path(), nil
	}
	nodes, err := s.Match(pattern)
	if err != nil || len(nodes) == 0 {
		return 0, "", err
	}
	var net int64
	counted := map[*Entry]bool{}
	for _, n := range nodes {
		if inode := n.Entry.Inode(); !counted[inode] {
			counted[inode] = true
			net += inode.Size
		}
	}
	return net, pattern, nil
}

// Match returns the files of the merged tree that pattern, in the syntax of
// path.Match from the root, matches, and those in directories that it matches.
func (s *Stack) Match(pattern string) ([]*Node, error) {
	pattern = path.Clean("/" + pattern)
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	var nodes []*Node
	var down func(n *Node, p string, matched bool)
	down = func(n *Node, p string, matched bool) {
		for c := range n.Children() {
			p := path.Join(p, c.Name)
			hit, _ := path.Match(pattern, p)
			hit = hit || matched
			if hit && !c.IsDir() {
				nodes = append(nodes, c)
			}
			down(c, p, hit)
		}
	}
	down(s.Root, "/", pattern == "/")
	return nodes, nil
}

// Size is the sum of the sizes of all entries of all layers.
func (s *Stack) Size() int64 {
	var size int64
	for _, l := range s.Layers {
		size += l.Size
	}
	return size
}

// Dead is how much of Size the merged tree doesn't show.
func (s *Stack) Dead() int64 {
	var dead int64
	for _, l := range s.Layers {
		dead += l.Dead
	}
	return dead
}

// Files counts the paths of the merged tree that aren't directories.
func (s *Stack) Files() int {
	files := 0
	for n := range s.All() {
		if n.Entry != nil && n.Entry.Type != tar.TypeDir {
			files++
		}
	}
	return files
}
