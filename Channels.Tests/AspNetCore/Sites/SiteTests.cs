using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Claims;
using System.Text;
using Channels.AspNetCore;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.AspNetCore;

/// <summary>A whole ASP.NET Core site as the application for everything that no other route takes.</summary>
public sealed class SiteTests
{
    [Test]
    [Proves("E-22", "E-81")]
    public async Task Pages_files_and_controllers_are_served_behind_the_routes_of_other_applications()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "site.css"), "body {}");
        await using var server = await StartAsync(Site(web => web.Services.AddControllers().AddApplicationPart(typeof(SiteTests).Assembly), app =>
        {
            app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder.Path) });
            app.MapGet("/", () => "home");
            app.MapGet("/a/{name}", (string name, HttpContext context) => $"{name} {context.Request.PathBase}{context.Request.Path}");
            app.MapControllers();
        }));

        Assert.That(await server.Http.GetStringAsync("/ours"), Is.EqualTo("from a function"));
        Assert.That(await server.Http.GetStringAsync("/"), Is.EqualTo("home"));
        Assert.That(await server.Http.GetStringAsync("/a/b%20c"), Is.EqualTo("b c /a/b%20c"));
        Assert.That(await server.Http.GetStringAsync("/site.css"), Is.EqualTo("body {}"));
        Assert.That(await server.Http.GetStringAsync("/controlled/7"), Is.EqualTo("seven times 7"));
        using var missing = await server.Http.GetAsync("/nowhere");
        Assert.That((int)missing.StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task A_site_makes_its_context_once_for_a_connection_and_sites_on_one_connection_have_their_own()
    {
        List<HttpContext> seen = [];
        AspNetCoreSite Seeing(string name) => Site(_ => { }, app => app.MapGet("/{**rest}", (HttpContext context) =>
        {
            seen.Add(context);
            return $"{name} {context.Request.Query["n"]} {context.Items.Count}";
        }));
        await using var server = await LiveServer.StartAsync(new ProtocolTypeRouter { ["http"] = new UrlRouter { { "one", Seeing("one") }, { "two", Seeing("two") } } });

        string[] answers =
        [
            await server.Http.GetStringAsync("/one?n=1"), await server.Http.GetStringAsync("/one?n=2"),
            await server.Http.GetStringAsync("/two?n=3"), await server.Http.GetStringAsync("/one?n=4"),
        ];

        Assert.That(answers, Is.EqualTo(new[] { "one 1 0", "one 2 0", "two 3 0", "one 4 0" }));
        Assert.That(seen[1], Is.SameAs(seen[0]));
        Assert.That(seen[2], Is.Not.SameAs(seen[1]));
    }

    [Test]
    public async Task An_endpoint_of_the_site_sends_to_a_group_of_the_sockets_beside_it()
    {
        await using var server = await StartAsync(Site(
            web => web.Services.AddChannels(), // as a site does that also runs alone
            app => app.MapPost("/news", (IChannelLayer layer, string text) => layer.GroupSendAsync("news", new ChannelMessage("news.item", new MessageMap { ["text"] = text })).AsTask())));
        using var socket = await server.ConnectAsync("/ws");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("joined"));
        using var sent = await server.Http.PostAsync("/news?text=fresh", null);

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("fresh"));
    }

    [Test]
    public async Task Configuration_logging_clock_and_data_protection_are_the_hosts()
    {
        var (log, time) = (new LogRecord(), new ManualTimeProvider());
        await using var server = await StartAsync(
            Site(_ => { }, app => app.MapGet("/", (IConfiguration configuration, ILogger<SiteTests> logger, TimeProvider clock, IDataProtectionProvider keys, HttpContext context) =>
            {
                logger.LogWarning("a line of the site");
                return $"{configuration["word"]} {ReferenceEquals(clock, time)} {keys.CreateProtector("x").Unprotect(context.Request.Query["secret"]!)}";
            })),
            builder =>
            {
                builder.Set("word", "shared");
                builder.Logging.AddProvider(log);
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
            });
        var secret = server.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("x").Protect("told");

        Assert.That(await server.Http.GetStringAsync($"/?secret={secret}"), Is.EqualTo("shared True told"));
        Assert.That(log.Lines.Select(line => line.Text), Does.Contain("a line of the site"));
    }

    [Test]
    public async Task Hosting_activity_and_metrics_of_the_site_are_kept()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var (seen, durations) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => seen.Enqueue($"{activity.OperationName} {activity.TraceId}"), // other tests have sites, too
        };
        ActivitySource.AddActivityListener(activities);
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "http.server.request.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => durations.Enqueue($"{tags.ToArray().FirstOrDefault(tag => tag.Key == "http.route").Value}"));
        meters.Start();
        await using var server = await StartAsync(Site(_ => { }, app => app.MapGet("/measured/{id}", (int id) => id)));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/measured/5") { Headers = { { "traceparent", $"00-{Trace}-00f067aa0ba902b7-01" } } };
        using var response = await server.Http.SendAsync(request);

        // The client has its answer before either is told, and the activity ends after the measurement.
        await Eventually.Is(() => durations.Contains("/measured/{id}"));
        await Eventually.Is(() => seen.Contains($"Microsoft.AspNetCore.Hosting.HttpRequestIn {Trace}"));
    }

    [Test]
    public async Task Requests_and_responses_stream_through_it_at_constant_memory()
    {
        const long Length = 1L << 30;
        const int Part = 1 << 20;
        const long Bound = 64L << 20;
        const int Attempts = 5;
        var held = new List<long>();
        await using var server = await StartAsync(
            Site(_ => { }, app => app.MapPost("/upload", async (HttpContext context) =>
            {
                context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
                var (buffer, total) = (new byte[Part], 0L);
                int read;
                while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
                {
                    if (total / Bound != (total += read) / Bound)
                    {
                        held.Add(GC.GetTotalMemory(forceFullCollection: true));
                        await context.Response.WriteAsync("."); // the client hears of it while it sends
                        await context.Response.Body.FlushAsync();
                    }
                }

                await context.Response.WriteAsync($" {total}");
            })),
            builder => builder.Set("Channels:Server:MaxRequestBodyBytes", "0"));

        // Other tests of the process come and go meanwhile, and may keep as much; an upload that is kept stays, half of it at the
        // least in all of what is looked at, and so does every other upload.
        var least = await UploadAsync();
        for (var attempt = 1; least >= Bound && attempt < Attempts; attempt++)
        {
            least = await UploadAsync();
        }

        Assert.That(least, Is.LessThan(Bound), "bytes above what was there before");

        async Task<long> UploadAsync()
        {
            held.Clear();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = new Zeros(Length) };
            using var answer = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith("........").And.EndsWith($" {Length}"));
            return held[^8..].Min() - before;
        }
    }

    [Test]
    [Proves("SEC-40")]
    public async Task What_one_request_of_a_connection_was_told_is_gone_at_the_next_one()
    {
        var site = Site(_ => { }, app => app.Map("{**path}", (HttpContext context) =>
            $"[{context.User.Identity?.Name}] {context.Request.Scheme} {context.Request.PathBase}|{context.Request.Path} {context.Connection.RemoteIpAddress} {context.Request.Host}"));
        Application known = (scope, receive, send) => ((Application)site)(scope with { User = ((RequestScope)scope).Headers["x-name"] is { } name ? Somebody(name) : null }, receive, send);
        await using var server = await LiveServer.StartAsync(new ProtocolTypeRouter { ["http"] = known }, builder =>
        {
            builder.Set("Channels:Server:TrustedProxies", "127.0.0.1");
            builder.Set("Channels:Server:TrustedHeaders", "For,Proto,Host,Prefix");
        });
        var answer = await server.SendRawAsync(
            "GET /x HTTP/1.1\r\nHost: a\r\nX-Name: ann\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\nX-Forwarded-Prefix: /shop\r\n\r\n" +
            "GET /y HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n");

        Assert.That(answer, Does.Contain("[ann] https /shop|/x 203.0.113.9 b.example"));
        Assert.That(answer, Does.Contain("[] http |/y 127.0.0.1 c"));
    }

    [Test]
    public async Task Its_services_run_from_before_the_server_listens_until_its_last_request_has_ended()
    {
        var order = new ConcurrentQueue<string>();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var site = Site(web => web.Services.AddHostedService(_ => new Noting(order)), app => app.MapGet("/slow", async (IHostApplicationLifetime life) =>
        {
            entered.SetResult();
            await Task.WhenAll(release.Task, Task.Delay(Timeout.Infinite, life.ApplicationStopping).ContinueWith(_ => { }, TaskScheduler.Default));
            order.Enqueue("request");
            return "done";
        }));
        var server = await StartAsync(site);
        var answer = server.Http.GetStringAsync("/slow");
        await entered.Task;
        var stopping = server.Host.StopAsync();
        release.SetResult();
        await stopping;
        Assert.That(await answer, Is.EqualTo("done")); // before the client goes with the server
        await server.DisposeAsync();
        Assert.That(order, Is.EqualTo(new[] { "start", "request", "stop" }));
    }

    [Test]
    public async Task A_site_that_stops_the_program_stops_its_host()
    {
        await using var server = await StartAsync(Site(_ => { }, app => app.MapPost("/stop", (IHostApplicationLifetime life) => life.StopApplication())));
        using var told = await server.Http.PostAsync("/stop", null);

        await Eventually.Is(() => server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Test]
    public void A_site_that_cannot_start_stops_the_start_of_the_server() => Assert.That(
        () => StartAsync(Site(web => web.Services.AddHostedService(_ => new Failing()), _ => { })),
        Throws.InvalidOperationException.With.Message.EqualTo("no database"));

    [Test]
    public void A_site_that_fails_while_its_application_is_made_is_disposed_of()
    {
        Owned? owned = null;
        var site = Site(web => web.Services.AddSingleton<Owned>(), app =>
        {
            owned = app.Services.GetRequiredService<Owned>();
            throw new InvalidOperationException("no routes");
        });
        Assert.That(() => StartAsync(site), Throws.InvalidOperationException.With.Message.EqualTo("no routes"));
        Assert.That(owned, Has.Property(nameof(Owned.IsDisposed)).True);
    }

    [Test]
    public async Task Errors_of_the_site_are_answered_by_its_own_middleware()
    {
        await using var server = await StartAsync(Site(_ => { }, app =>
        {
            app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
            app.MapGet("/broken", string () => throw new InvalidOperationException("secret"));
        }));
        using var answer = await server.Http.GetAsync("/broken");

        Assert.That(((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((500, "sorry")));
    }

    [Test]
    public async Task Workers_leave_it_alone()
    {
        var order = new ConcurrentQueue<string>();
        Application root = new ProtocolTypeRouter
        {
            ["http"] = Site(web => web.Services.AddHostedService(_ => new Noting(order)), _ => { }),
            ["channel"] = new ChannelNameRouter { ["jobs"] = Consumer.Of<NewsConsumer>() },
        };
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddChannelWorker("jobs", root);
        using var host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();

        Assert.That(order, Is.Empty);
    }

    [Test]
    public void A_communicator_is_told_that_a_site_needs_a_server() => Assert.That(
        async () =>
        {
            await using var request = Communicator.Http(Site(_ => { }, _ => { }), "GET", "/");
            await request.GetResponseAsync();
        },
        Throws.InvalidOperationException.With.Message.Contains("not running"));

    private static AspNetCoreSite Site(Action<WebApplicationBuilder> services, Action<WebApplication> app) => AspNetCoreSite.Create(services, app);

    private static ClaimsPrincipal Somebody(string name) => new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test"));

    private static Task<LiveServer> StartAsync(AspNetCoreSite site, Action<ChannelsHostBuilder>? configure = null) => LiveServer.StartAsync(
        new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "ws", Consumer.Of<NewsConsumer>() } },
            ["http"] = new UrlRouter { { "ours", (_, _, send) => Respond.TextAsync(send, "from a function") }, { "{**rest}", site } },
        },
        configure);

    private sealed class NewsConsumer : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["news"];

        protected override async ValueTask OnConnectAsync()
        {
            await AcceptAsync();
            await SendTextAsync("joined");
        }

        protected override ValueTask DispatchAsync(Event message) =>
            message is ChannelMessage { Type: "news.item" } news ? SendTextAsync(news.Fields["text"].GetText()) : base.DispatchAsync(message);
    }

    private sealed class Noting(ConcurrentQueue<string> order) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            order.Enqueue("start");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            order.Enqueue("stop");
            return Task.CompletedTask;
        }
    }

    private sealed class Owned : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Failing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("no database");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Zeros(long length) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            var part = new byte[1 << 20];
            for (var sent = 0L; sent < length; sent += part.Length)
            {
                await stream.WriteAsync(part);
            }
        }

        protected override bool TryComputeLength(out long total)
        {
            total = length;
            return true;
        }
    }
}

/// <summary>A controller of the site above; public, so that it is found.</summary>
[ApiController]
public sealed class ControlledController : ControllerBase
{
    [HttpGet("/controlled/{number}")]
    public string Get(int number) => $"seven times {number}";
}
