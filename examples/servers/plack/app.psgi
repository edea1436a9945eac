# Plack::Middleware::CrossOrigin, set up as its documentation says:
# https://metacpan.org/pod/Plack::Middleware::CrossOrigin
use strict;
use warnings;
use HTTP::Status qw(status_message);
use Plack::Builder;

my @json     = ('Content-Type' => 'application/json');
my @storable = (@json, 'Cache-Control' => 'public, max-age=600');
my %answers  = (
    '/items'                    => [200, [@json, 'X-Request-Id' => '1'], ['{"items":[]}']],
    '/items/data.json'          => [200, [@storable], ['{"data":[]}']],
    '/items/vary/encoding.json' => [200, [@storable, Vary => 'Accept-Encoding'], ['{"data":[]}']],
    '/items/redirect'           => [302, [Location => '/items'], []],
);

my $app = sub {
    my $path = shift->{PATH_INFO};
    if (my $answer = $answers{$path}) {
        my ($status, $fields, $body) = @$answer;
        return [$status, [@$fields], [@$body]];
    }
    die 'an unhandled failure' if $path eq '/items/err/500';
    my ($status) = $path =~ m{\A/items/err/([45]\d\d)\z};
    $status //= 404;
    return [$status, ['Content-Type' => 'text/plain'], [status_message($status) // 'an error']];
};

builder {
    # Before CrossOrigin, whose refusal of a HEAD would have a body otherwise.
    enable 'Head';
    enable 'ContentLength';
    enable 'CrossOrigin',
        origins        => ['https://app.example', 'https://admin.example:8443'],
        methods        => ['GET', 'HEAD', 'PUT'],
        headers        => ['Content-Type', 'Authorization'],
        expose_headers => ['ETag', 'X-Request-Id'],
        credentials    => 1,
        max_age        => 600;
    enable 'HTTPExceptions';
    $app;
};
