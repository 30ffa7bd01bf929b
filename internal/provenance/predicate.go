package provenance

import "encoding/json"

// A predicate is what both versions say, in the words of the newer.
type predicate struct {
	builder   string
	source    configSource
	request   request
	materials []material
	config    buildConfig
	metadata  metadata
}

type configSource struct {
	URI        string
	Digest     map[string]string
	Path       string
	EntryPoint string // the path's name in version 0.2
}

type request struct {
	Frontend string
	Args     map[string]string
}

type material struct {
	URI    string
	Digest map[string]string
}

type buildConfig struct {
	Definition []struct {
		ID string
		Op struct {
			Op struct {
				Source *struct{ Identifier string }
			}
		}
	} `json:"llbDefinition"`
}

// metadata is BuildKit's own.
type metadata struct {
	VCS    map[string]string
	Source struct {
		Locations map[string]locations
		Infos     []struct {
			Filename string
			Data     []byte
		}
	}
	Layers map[string][][]struct{ Digest string }
}

type locations struct {
	Locations []struct {
		SourceIndex int
		Ranges      []struct{ Start, End struct{ Line int } }
	}
}

func (p *predicate) unmarshal1(raw []byte) error {
	var v struct {
		BuildDefinition struct {
			ExternalParameters struct {
				ConfigSource configSource
				Request      request
			}
			InternalParameters struct{ BuildConfig buildConfig }
			Materials          []material `json:"resolvedDependencies"`
		}
		RunDetails struct {
			Builder  struct{ ID string }
			Metadata struct {
				BuildKit metadata `json:"buildkit_metadata"`
			}
		}
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	d := &v.BuildDefinition
	*p = predicate{
		builder: v.RunDetails.Builder.ID, source: d.ExternalParameters.ConfigSource, request: d.ExternalParameters.Request,
		materials: d.Materials, config: d.InternalParameters.BuildConfig, metadata: v.RunDetails.Metadata.BuildKit,
	}
	return nil
}

func (p *predicate) unmarshal02(raw []byte) error {
	var v struct {
		Builder    struct{ ID string }
		Invocation struct {
			ConfigSource configSource
			Parameters   request
		}
		Materials   []material
		BuildConfig buildConfig
		Metadata    struct {
			BuildKit metadata `json:"https://mobyproject.org/buildkit@v1#metadata"`
		}
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*p = predicate{
		builder: v.Builder.ID, source: v.Invocation.ConfigSource, request: v.Invocation.Parameters,
		materials: v.Materials, config: v.BuildConfig, metadata: v.Metadata.BuildKit,
	}
	p.source.Path = p.source.EntryPoint
	return nil
}
