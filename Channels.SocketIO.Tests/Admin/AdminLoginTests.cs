using System.Security.Claims;
using Channels.SocketIO;
using Channels.Tests.Sockets;

namespace Channels.Tests.Admin;

/// <summary>Who is an administrator.</summary>
internal sealed class AdminLoginTests : AdminFixture
{
    private const string Password = """{"username":"root","password":"right"}""";
    private const string Refused = """44/admin,{"message":"invalid credentials"}""";

    [TestCase("")]
    [TestCase("""{"username":"root"}""")]
    [TestCase("""{"username":"root","password":"wrong"}""")]
    [TestCase("""{"username":"other","password":"right"}""")]
    [TestCase("""{"username":1,"password":["right"]}""")]
    [TestCase("""{"sessionId":""}""")]
    [TestCase("""{"sessionId":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    [TestCase("""{"sessionId":7}""")]
    public async Task Nobody_gets_in_without_the_password(string authentication)
    {
        var server = await StartAsync(WithPassword);
        await ExpectRefusedAsync(server, authentication);
        Assert.That(Journal.Logged.Count(line => line.StartsWith("Warning 8105", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task Who_has_given_the_password_comes_back_without_it_for_a_time()
    {
        var server = await StartAsync(WithPassword);
        var session = await LogInAsync(server);
        var (client, config) = await EnterAdminAsync(server, "config", session);
        Assert.That(config.GetArrayLength(), Is.EqualTo(2));
        await ExpectRefusedAsync(server, session.Replace(session[20], session[20] == 'A' ? 'B' : 'A'));
        client.Leave();
        await client.Completion;
        Time.Advance(TimeSpan.FromDays(1));
        await ExpectRefusedAsync(server, session);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_session_holds_in_other_processes_with_the_same_key(bool same)
    {
        var keys = new[] { Enumerable.Repeat((byte)1, 32).ToArray(), Enumerable.Repeat((byte)(same ? 1 : 2), 32).ToArray() };
        var (here, there) = (await ServerAsync(keys[0]), await ServerAsync(keys[1]));
        var session = await LogInAsync(here);
        if (same)
        {
            await EnterAdminAsync(there, "config", session);
        }
        else
        {
            await ExpectRefusedAsync(there, session);
        }

        Task<SocketIOServer> ServerAsync(byte[] key) => StartAsync(options =>
        {
            WithPassword(options);
            options.SessionKey = key;
        });
    }

    [TestCase("operator", true)]
    [TestCase("visitor", false)]
    public async Task The_user_of_the_connection_may_decide(string role, bool getsIn)
    {
        var server = await StartAsync(options => (options.AllowAnybody, options.Authorize) = (false, scope => new(scope.User?.IsInRole("operator") == true)));
        var user = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Role, role)], "test"));
        var client = Open(server, scope => scope with { User = user });
        client.Text("0/admin,");
        Assert.That(await client.ReceiveAsync(), getsIn ? Does.StartWith("40/admin,{\"sid\":") : Is.EqualTo(Refused));
    }

    [Test]
    public async Task User_and_password_must_agree_where_both_are_asked()
    {
        var server = await StartAsync(options =>
        {
            WithPassword(options);
            options.Authorize = static _ => new(false);
        });
        await ExpectRefusedAsync(server, Password);
    }

    private static void WithPassword(SocketIOAdminOptions options) =>
        (options.AllowAnybody, options.CheckPassword) = (false, static (name, password) => new(name == "root" && password == "right"));

    private async Task<string> LogInAsync(SocketIOServer server)
    {
        var (_, session) = await EnterAdminAsync(server, "session", Password);
        return $$"""{"sessionId":"{{session[1].GetString()}}"}""";
    }

    private async Task ExpectRefusedAsync(SocketIOServer server, string authentication)
    {
        var client = Open(server);
        client.Text($"0/admin,{authentication}");
        await client.ExpectAsync(Refused);
    }
}
