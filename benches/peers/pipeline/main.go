// The usual pipeline in Go: gofeed, an extractor, franz-go. It polls every feed at its interval with
// conditional requests, fetches the page of each new entry and publishes its text.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	readability "github.com/go-shiori/go-readability"
	"github.com/markusmobius/go-trafilatura"
	"github.com/mmcdole/gofeed"
	"github.com/twmb/franz-go/pkg/kgo"
)

type pipeline struct {
	client    *http.Client
	kafka     *kgo.Client
	topic     string
	extractor string
	mutex     sync.Mutex
	seen      map[string]bool
}

type article struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func main() {
	feeds := flag.String("feeds", "", "file with one address a line")
	interval := flag.Duration("interval", time.Second, "between two polls of a feed")
	brokers := flag.String("brokers", "", "of Kafka")
	topic := flag.String("topic", "peer-articles", "that articles go to")
	extractor := flag.String("extractor", "trafilatura", "or readability")
	flag.Parse()

	list, err := os.ReadFile(*feeds)
	if err != nil {
		log.Fatal(err)
	}
	kafka, err := kgo.NewClient(kgo.SeedBrokers(*brokers), kgo.AllowAutoTopicCreation())
	if err != nil {
		log.Fatal(err)
	}
	p := &pipeline{
		client: &http.Client{
			Timeout:   20 * time.Second,
			Transport: &http.Transport{MaxIdleConnsPerHost: 4},
		},
		kafka: kafka, topic: *topic, extractor: *extractor, seen: map[string]bool{},
	}
	addresses := strings.Fields(string(list))
	limit := make(chan struct{}, 16)
	for index, address := range addresses {
		go func() {
			// Spread, but all polled soon.
			time.Sleep(min(*interval, 5*time.Second) * time.Duration(index) / time.Duration(len(addresses)))
			var etag string
			for {
				limit <- struct{}{}
				started := time.Now()
				etag = p.poll(address, etag)
				<-limit
				time.Sleep(*interval - time.Since(started))
			}
		}()
	}
	select {}
}

func (p *pipeline) poll(address, etag string) string {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		log.Fatal(err)
	}
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := p.client.Do(request)
	if err != nil {
		log.Print(err)
		return etag
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		io.Copy(io.Discard, response.Body)
		return etag
	}
	feed, err := gofeed.NewParser().Parse(response.Body)
	if err != nil {
		log.Print(err)
		return etag
	}
	for _, item := range feed.Items {
		p.mutex.Lock()
		seen := p.seen[item.GUID]
		p.seen[item.GUID] = true
		p.mutex.Unlock()
		if !seen {
			p.publish(item)
		}
	}
	return response.Header.Get("ETag")
}

func (p *pipeline) publish(item *gofeed.Item) {
	response, err := p.client.Get(item.Link)
	if err != nil {
		log.Print(err)
		return
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		log.Print(err)
		return
	}
	value, err := json.Marshal(article{URL: item.Link, Title: item.Title, Text: p.extract(page, item.Link)})
	if err != nil {
		log.Fatal(err)
	}
	record := &kgo.Record{Topic: p.topic, Key: []byte(item.GUID), Value: value}
	if err := p.kafka.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		log.Print(err)
	}
}

func (p *pipeline) extract(page []byte, link string) string {
	address, err := url.Parse(link)
	if err != nil {
		log.Fatal(err)
	}
	if p.extractor == "readability" {
		result, err := readability.FromReader(bytes.NewReader(page), address)
		if err != nil {
			return ""
		}
		return result.TextContent
	}
	result, err := trafilatura.Extract(bytes.NewReader(page), trafilatura.Options{OriginalURL: address})
	if err != nil {
		return ""
	}
	return result.ContentText
}
