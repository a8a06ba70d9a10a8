using Channels.SocketIO;

namespace Channels.Tests.Admin;

/// <summary>What cannot be is said when the namespace is added.</summary>
internal sealed class AdminOptionsTests
{
    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("AllowAnybody", "nothing says who may get in", options => options.AllowAnybody = false);
        yield return Case("AllowAnybody", "CheckPassword", options => options.CheckPassword = static (_, _) => new(true));
        yield return Case("AllowAnybody", "Authorize", options => options.Authorize = static _ => new(true));
        yield return Case("Namespace", "is null", options => options.Namespace = null!);
        yield return Case("ServerId", "is empty", options => options.ServerId = " ");
        yield return Case("MaxListedSockets", "at least 0", options => options.MaxListedSockets = -1);
        yield return Case("SessionLifetime", "more than 0", options => options.SessionLifetime = TimeSpan.Zero);
        yield return Case("SessionLifetime", "365 days", options => options.SessionLifetime = TimeSpan.FromDays(366));
        yield return Case("SessionKey", "at least 32", options => options.SessionKey = new byte[31]);

        static TestCaseData Case(string option, string complaint, Action<SocketIOAdminOptions> change) => new(option, complaint, change);
    }

    [TestCaseSource(nameof(Wrong))]
    public void An_option_that_cannot_be_is_named(string option, string complaint, Action<SocketIOAdminOptions> change)
    {
        var options = new SocketIOAdminOptions { AllowAnybody = true };
        change(options);
        Assert.That(() => new SocketIOServer().AddAdmin(options), Throws.ArgumentException.With.Message.Contains($"SocketIOAdminOptions.{option}").And.Message.Contains(complaint));
    }

    [Test]
    public void A_namespace_of_another_name_is_one_of_the_servers()
    {
        var server = new SocketIOServer();
        Assert.That(() => server.AddAdmin(new() { AllowAnybody = true, Namespace = "watch" }), Throws.ArgumentException.With.Message.Contains("'watch'"));
        server.AddAdmin(new() { AllowAnybody = true, Namespace = "/watch" });
        Assert.That(server.Select(branch => branch.Label), Is.EqualTo(new[] { "/watch" }));
        Assert.That(() => server.AddAdmin(new() { AllowAnybody = true }), Throws.InvalidOperationException.With.Message.Contains("'/watch'"));
    }
}
