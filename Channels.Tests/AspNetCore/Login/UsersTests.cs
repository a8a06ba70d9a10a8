using System.Diagnostics;
using System.Net.WebSockets;
using Channels.AspNetCore;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>Sockets end with the login, and are reached by their users.</summary>
public sealed class UsersTests
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Test]
    [Proves("SEC-46")]
    public async Task A_socket_is_closed_in_the_second_in_which_its_cookie_expires()
    {
        await using var server = await Accounts.StartAsync(_time);
        var cookie = await Accounts.LoginAsync(server.Http, "ann");
        using var socket = await Accounts.OpenAsync(server, "/members", cookie);
        await socket.ReadTextAsync();
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        await socket.SendTextAsync("still there?");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann"));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("close 4401 login expired"));
    }

    [Test]
    public async Task A_new_token_by_message_renews_the_login_and_changes_who_is_reached()
    {
        await using var server = await Accounts.StartAsync(_time, new AuthOptions { Schemes = ["Bearer"], TokenQueryParameter = "token" });
        var users = server.Services.GetRequiredService<Users>();
        using var socket = await Accounts.OpenAsync(server, $"/members?token={Accounts.Token("ann", _time.GetUtcNow().AddMinutes(10))}");
        await socket.ReadTextAsync();
        await socket.SendTextAsync("refresh nonsense");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("refused"));
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann"));
        await socket.SendTextAsync($"refresh {Accounts.Token("bob", _time.GetUtcNow().AddMinutes(20))}");
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("refreshed"));
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("bob"));

        _time.Advance(TimeSpan.FromMinutes(12));
        await users.SendAsync("ann", Note("for ann"));
        await users.SendAsync("bob", Note("for bob"));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("note for bob"));
        _time.Advance(TimeSpan.FromMinutes(8));
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("close 4401"));
    }

    [Test]
    public async Task A_login_that_was_renewed_over_http_keeps_its_sockets()
    {
        await using var server = await Accounts.StartAsync(_time);
        var users = server.Services.GetRequiredService<Users>();
        using var socket = await Accounts.OpenAsync(server, "/members", await Accounts.LoginAsync(server.Http, "ann"));
        await socket.ReadTextAsync();
        await users.RenewAsync("ann", _time.GetUtcNow().AddMinutes(20));
        await users.SendAsync("ann", Note("renewed"));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("note renewed"), "in order: the renewal has been handled");
        _time.Advance(TimeSpan.FromMinutes(19));
        await socket.SendTextAsync("still there?");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann"));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("close 4401 login expired"));
    }

    [Test]
    [Proves("C-AUTH-06")]
    public async Task A_login_that_its_scheme_no_longer_takes_ends_its_sockets_at_the_next_question()
    {
        var good = true;
        await using var server = await Accounts.StartAsync(_time, new AuthOptions { RevalidateEvery = TimeSpan.FromMinutes(1) }, builder =>
            builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie =>
            {
                cookie.ExpireTimeSpan = TimeSpan.FromDays(40); // longer than the clock below goes while an answer is under way
                cookie.Events.OnValidatePrincipal = context =>
                {
                    if (!Volatile.Read(ref good))
                    {
                        context.RejectPrincipal(); // as Identity does when the security stamp has changed
                    }

                    return Task.CompletedTask;
                };
            }));
        using var socket = await Accounts.OpenAsync(server, "/members", await Accounts.LoginAsync(server.Http, "ann"));
        using var nobody = await Accounts.OpenAsync(server, "/open");
        await socket.ReadTextAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        await socket.SendTextAsync("still there?");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann"));
        Volatile.Write(ref good, false);
        var ended = socket.ReadTextAsync();
        await Eventually.Is(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(30)); // the answer to one question sets the time of the next
            return ended.IsCompleted;
        });

        Assert.That(await ended, Is.EqualTo($"close {Users.LoginEndedCode} login ended"));
        await nobody.SendTextAsync("still there?");
        Assert.That(await nobody.ReadTextAsync(), Does.StartWith("nobody"));
    }

    [Test]
    public async Task A_login_by_message_reaches_and_ends_with_its_logout()
    {
        await using var server = await Accounts.StartAsync();
        var users = server.Services.GetRequiredService<Users>();
        using var socket = await Accounts.OpenAsync(server, "/open");
        await socket.ReadTextAsync();
        await socket.SendTextAsync("login ann");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann|True"));
        await users.SendAsync("ann", Note("you"));
        Assert.That(await socket.ReadTextAsync(), Is.EqualTo("note you"));
        await socket.SendTextAsync("logout");
        Assert.That(await socket.ReadTextAsync(), Does.StartWith("nobody|False"));
        await users.SendAsync("ann", Note("nobody hears"));
        await socket.SendTextAsync("login bob");

        Assert.That(await socket.ReadTextAsync(), Does.StartWith("bob|True"));
    }

    [Test]
    public async Task A_connection_has_as_many_names_as_its_application_says_of_any_text()
    {
        await using var server = await Accounts.StartAsync(options: new AuthOptions { Names = user => [$"user:{user.Identity?.Name}", "tenant:Bücher & Söhne", new string('x', 500)] });
        var users = server.Services.GetRequiredService<Users>();
        using var socket = await Accounts.OpenAsync(server, "/members", await Accounts.LoginAsync(server.Http, "ann"));
        await socket.ReadTextAsync();
        foreach (var name in new[] { "user:ann", "tenant:Bücher & Söhne", new string('x', 500) })
        {
            await users.SendAsync(name, Note("to all"));
            Assert.That(await socket.ReadTextAsync(), Is.EqualTo("note to all"), name);
        }
    }

    [TestCase("ann", "users.ann")]
    [TestCase("a.b_c-1", "users.a.b_c-1")]
    public void Plain_names_are_readable_groups(string name, string group) => Assert.That(Users.GroupOf(name), Is.EqualTo(group));

    [Test]
    public void Other_names_are_hashed_and_none_can_pass_for_a_hash()
    {
        var hashed = Users.GroupOf("ann@example.com");

        Assert.That(hashed, Does.StartWith("users..").And.Length.LessThanOrEqualTo(ChannelNames.MaxLength));
        Assert.That(Users.GroupOf(hashed["users.".Length..]), Is.Not.EqualTo(hashed));
        Assert.That(Users.GroupOf("Ann@example.com"), Is.Not.EqualTo(hashed));
        Assert.That(() => Users.GroupOf(""), Throws.ArgumentException);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("SEC-47")]
    public async Task A_user_is_disconnected_on_all_machines_and_nobody_else(bool pubSub)
    {
        await using var redis = await RedisServer.StartAsync();
        using var keys = new TestFolder();
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (ann, bob) = (await Accounts.LoginAsync(one.Http, "ann"), await Accounts.LoginAsync(two.Http, "bob"));
        using var first = await Accounts.OpenAsync(one, "/members", ann);
        using var second = await Accounts.OpenAsync(two, "/members", ann);
        using var other = await Accounts.OpenAsync(two, "/members", bob);
        foreach (var socket in new[] { first, second, other })
        {
            await socket.ReadTextAsync();
        }

        var users = one.Services.GetRequiredService<Users>();
        await users.SendAsync("ann", Note("warm"));
        Assert.That(await Task.WhenAll(first.ReadTextAsync(), second.ReadTextAsync()), Is.All.EqualTo("note warm"));
        await users.DisconnectAsync("ann");
        Assert.That(await Task.WhenAll(first.ReadTextAsync(), second.ReadTextAsync()), Is.All.EqualTo("close 4401 login ended"));
        await users.SendAsync("bob", Note("stays"));
        Assert.That(await other.ReadTextAsync(), Is.EqualTo("note stays"));

        Task<LiveServer> StartAsync() => StartOnAsync(redis, keys, pubSub);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Proves("SEC-47")]
    public async Task Of_a_hundred_people_each_is_disconnected_everywhere_and_nobody_before_his_turn(bool pubSub)
    {
        await using var redis = await RedisServer.StartAsync();
        using var keys = new TestFolder();
        await using var one = await StartOnAsync(redis, keys, pubSub);
        await using var two = await StartOnAsync(redis, keys, pubSub);
        List<(string Name, ClientWebSocket[] Sockets)> people = [];
        foreach (var name in Enumerable.Range(0, 100).Select(number => $"person{number}"))
        {
            var cookie = await Accounts.LoginAsync(one.Http, name);
            people.Add((name, [await Accounts.OpenAsync(one, "/members", cookie), await Accounts.OpenAsync(two, "/members", cookie)]));
        }

        var users = one.Services.GetRequiredService<Users>();
        List<TimeSpan> times = [];
        foreach (var (name, sockets) in people)
        {
            foreach (var socket in sockets)
            {
                Assert.That(await socket.ReadTextAsync(), Does.StartWith($"{name}|True"));
                await socket.SendTextAsync("still there?"); // after all who went before
                Assert.That(await socket.ReadTextAsync(), Does.StartWith($"{name}|True"));
            }

            var begun = Stopwatch.GetTimestamp();
            await users.DisconnectAsync(name);
            Assert.That(await Task.WhenAll(sockets.Select(socket => socket.ReadTextAsync())), Is.All.EqualTo($"close {Users.LoginEndedCode} login ended"));
            times.Add(Stopwatch.GetElapsedTime(begun));
        }

        times.Sort();
        await TestContext.Out.WriteLineAsync($"A user's sockets on two machines are closed within {times[50].TotalMilliseconds:F1} ms (median), {times[98].TotalMilliseconds:F1} ms (99 of 100), {times[99].TotalMilliseconds:F1} ms (all).");
        people.ForEach(person => Array.ForEach(person.Sockets, socket => socket.Dispose()));
    }

    [Test]
    public async Task A_mounted_application_closes_with_the_login_of_its_site()
    {
        await using var site = await WebSite.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.MapPost("/login", (HttpContext context) => context.SignInAsync(Accounts.Person("ann")));
                app.MapChannels("/ws", AuthMiddleware.Wrap(RequireUser.Wrap(Consumer.Of<Silent>())));
            },
            builder =>
            {
                Accounts.AddLogins(builder.Services);
                builder.Services.GoBy(_time);
            });
        var cookie = await Accounts.LoginAsync(site.Client, "ann");
        using var expiring = await site.ConnectAsync("/ws", socket => socket.Options.SetRequestHeader("Cookie", cookie));
        using var revoked = await site.ConnectAsync("/ws", socket => socket.Options.SetRequestHeader("Cookie", cookie));
        Assert.That((int)await site.RefusalAsync("/ws"), Is.EqualTo(401));
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.That(await expiring.ReadTextAsync(), Is.EqualTo("close 4401 login expired"));
        Assert.That(await revoked.ReadTextAsync(), Is.EqualTo("close 4401 login expired"));
    }

    private static Task<LiveServer> StartOnAsync(RedisServer redis, TestFolder keys, bool pubSub) => Accounts.StartAsync(configure: builder =>
    {
        var layers = builder.Services.AddChannels();
        _ = pubSub ? layers.AddRedisPubSubLayer(configure: RedisOptions.Of(redis.Address)) : layers.AddRedisLayer(configure: RedisOptions.Of(redis.Address));
        builder.Services.AddDataProtection().SetApplicationName("shared").PersistKeysToFileSystem(new DirectoryInfo(keys.Path));
    });

    private static ChannelMessage Note(string text) => new("note", new MessageMap { ["text"] = text });

    private sealed class Silent : WebSocketConsumer;
}
