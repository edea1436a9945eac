require "rack/cors"
require "action_controller/railtie"

class Items < Rails::Application
  config.eager_load = false
  config.hosts.clear
  config.logger = Logger.new($stderr, level: :warn)
  config.secret_key_base = "not a secret"
end
@SETTING@
class ItemsController < ActionController::API
  def items
    render json: { items: [] }
  end
end
Rails.application.initialize!
Rails.application.routes.draw { match "/items", to: "items#items", via: :all }
run Rails.application
