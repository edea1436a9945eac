# rack-cors before Sinatra, set up as its documentation says: https://github.com/cyu/rack-cors#readme
require "json"
require "rack/cors"
require "sinatra/base"

class Items < Sinatra::Base
  set :environment, :production
  set :logging, false
  # Origins are the subject of rack-cors here.
  disable :protection

  items = lambda do
    content_type :json
    headers "X-Request-Id" => "1"
    { items: [] }.to_json
  end
  get "/items", &items
  put "/items", &items
  get "/items/data.json" do
    content_type :json
    cache_control :public, max_age: 600
    { data: [] }.to_json
  end
  get "/items/vary/encoding.json" do
    content_type :json
    cache_control :public, max_age: 600
    headers "Vary" => "Accept-Encoding"
    { data: [] }.to_json
  end
  get "/items/redirect" do
    redirect to("/items"), 302
  end
  get "/items/err/500" do
    raise "an unhandled failure"
  end
  get "/items/err/:status" do
    error params["status"].to_i
  end
end

use Rack::Cors do
  allow do
    origins "https://app.example", "https://admin.example:8443"
    resource "*",
      methods: [:get, :head, :put],
      headers: ["Content-Type", "Authorization"],
      expose: ["ETag", "X-Request-Id"],
      credentials: true,
      max_age: 600
  end
end
run Items
