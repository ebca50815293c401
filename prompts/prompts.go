// Package prompts is what Partyline says: spoken words in five languages and the
// music on hold, as Ogg Opus files (RFC 7845) inside the binary.
//
// texts.json lists every text by key and language; the recordings are made of it
// by the program in make. In flow a language and keys, out come sources for the
// bridge to play. A recording is decoded when it is first said and kept as PCM of
// 16 kHz. An admin's own recordings, of the same names, take the place of ours.
package prompts

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/prompts/script"
)

//go:generate go run ./make

//go:embed en de fr it es music.opus
var recordings embed.FS

//go:embed texts.json
var texts string

// Fallback is the language that is spoken where another is not known.
const Fallback = "en"

// music is the key of the music on hold, which lies beside the languages.
const music = "music"

// Script returns the list of all texts.
func Script() (*script.Script, error) { return script.Read(texts) }

// Words says prompts. Any goroutine may use it.
type Words struct {
	files map[string]source // by name: "de/welcome", "music"

	mu      sync.RWMutex
	decoded map[string][]int16
}

// source is where a recording lies.
type source struct {
	fsys fs.FS
	path string
}

// Load returns the prompts. Recordings in dir, named as ours (de/welcome.opus,
// music.opus) or with .wav, are said in place of ours; an empty dir means ours
// alone. A recording there that has another name or cannot be decoded is an
// error, which names all such files.
func Load(dir string) (*Words, error) {
	w := &Words{files: map[string]source{}, decoded: map[string][]int16{}}
	if err := w.add(recordings); err != nil {
		return nil, err
	}
	if dir == "" {
		return w, nil
	}
	own := os.DirFS(dir)
	theirs := &Words{files: map[string]source{}}
	if err := theirs.add(own); err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	var wrong []string
	for name, src := range theirs.files {
		if err := w.fits(name); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", path.Join(dir, src.path), err))
			continue
		}
		pcm, err := src.decode()
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", path.Join(dir, src.path), err))
			continue
		}
		w.files[name], w.decoded[name] = src, pcm
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return nil, fmt.Errorf("prompts: %s", strings.Join(wrong, "; "))
	}
	return w, nil
}

// add lists the recordings of a file system: those in folders and the music.
func (w *Words) add(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		ext := path.Ext(p)
		if ext == ".opus" || ext == ".wav" {
			w.files[strings.TrimSuffix(p, ext)] = source{fsys, p}
		}
		return nil
	})
}

// fits says why a recording of this name would never be said. A language that we
// don't have is welcome; what it lacks is said in the fallback.
func (w *Words) fits(name string) error {
	if name == music {
		return nil
	}
	lang, key := path.Split(name)
	if strings.Count(lang, "/") != 1 {
		return fmt.Errorf("it belongs into the folder of a language")
	}
	if _, ok := w.files[Fallback+"/"+key]; !ok {
		return fmt.Errorf("no prompt has the name %q", key)
	}
	return nil
}

// Languages are those that are spoken, sorted.
func (w *Words) Languages() []string {
	var all []string
	for name := range w.files {
		if lang, key := path.Split(name); key == "welcome" {
			all = append(all, strings.TrimSuffix(lang, "/"))
		}
	}
	slices.Sort(all)
	return all
}

// Say returns sources that say the prompts of these keys, one after the other, in
// a language ("de"; of "de-CH" only the first part counts). A prompt that the
// language lacks is said in the fallback; an unknown one not at all.
func (w *Words) Say(lang string, keys ...string) []bridge.Source {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	all := make([]bridge.Source, 0, len(keys))
	for _, key := range keys {
		pcm := w.pcm(lang + "/" + key)
		if pcm == nil {
			pcm = w.pcm(Fallback + "/" + key)
		}
		if pcm != nil {
			all = append(all, bridge.NewClip(pcm))
		}
	}
	return all
}

// Music returns a source of the music on hold, which never ends.
func (w *Words) Music() bridge.Source { return bridge.NewLoop(w.pcm(music)) }

// pcm is a recording as PCM, nil if there is none. What cannot be decoded counts
// as missing: ours are tested and an admin's are decoded by Load.
func (w *Words) pcm(name string) []int16 {
	w.mu.RLock()
	pcm, ok := w.decoded[name]
	w.mu.RUnlock()
	if ok {
		return pcm
	}
	src, ok := w.files[name]
	if !ok {
		return nil
	}
	pcm, err := src.decode()
	if err != nil {
		pcm = nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decoded[name] = pcm
	return pcm
}
