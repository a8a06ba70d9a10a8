using System.Text.Json;
using Channels.SocketRouter;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Names of routes, and what is told when the host starts.</summary>
public sealed partial class RouteTableTests
{
    [TestCase("sayHello", "on_say_hello")]
    [TestCase("SayHello", "on_say_hello")]
    [TestCase("say_hello", "on_say_hello")]
    [TestCase("say_Hello", "on_say_hello")]
    [TestCase("sayhello", "on_sayhello")]
    [TestCase("SAYHELLO", "on_sayhello")]
    [TestCase("getHTMLPage", "on_get_htmlpage")]
    [TestCase("HTTPServer", "on_httpserver")]
    [TestCase("parseXML", "on_parse_xml")]
    [TestCase("aB", "on_a_b")]
    [TestCase("aBC", "on_a_bc")]
    [TestCase("aBcD", "on_a_bc_d")]
    [TestCase("straßeName", "on_straße_name")]
    [TestCase("user2Name", "on_user2name")]
    [TestCase("v2Get", "on_v2get")]
    [TestCase("getURL2Path", "on_get_url2path")]
    [TestCase("iOSApp", "on_i_osapp")]
    [TestCase("on_sayHello", "on_on_say_hello")]
    [TestCase("get/article", "on_get/article")]
    [TestCase("user-get", "on_user-get")]
    [TestCase("user.get", "on_user.get")]
    [TestCase("chat:send", "on_chat:send")]
    [TestCase("", "on_")]
    [TestCase("getÜber", "on_getüber")]
    [TestCase("éCole", "on_école")]
    [Proves("SR-26")]
    public void The_rule_of_the_original_for_names(string route, string method) => Assert.That(SocketRouteNames.ToPythonMethod(route), Is.EqualTo(method));

    [TestCase("sayHello", "OnSayHello")]
    [TestCase("say_hello", "OnSayHello")]
    [TestCase("user-get", "OnUserGet")]
    public void The_rule_for_names_in_CSharp(string route, string method) => Assert.That(SocketRouteNames.ToMethod(route), Is.EqualTo(method));

    [TestCase("OnSayHello", "sayHello")]
    [TestCase("OnSayHelloAsync", "sayHello")]
    [TestCase("Find", "find")]
    public void The_rule_back(string method, string route) => Assert.That(SocketRouteNames.FromMethod(method), Is.EqualTo(route));

    [Test]
    [Proves("SR-06", "SR-41")]
    public void All_that_is_wrong_with_the_routes_is_told_at_start()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var error = Assert.Throws<InvalidOperationException>(() => Consumer.Of<WrongRouter>().Prepare(services))!;

        Assert.Multiple(() =>
        {
            Assert.That(error.Message, Does.Contain("WrongRouter"));
            Assert.That(error.Message, Does.Contain("'twice' is declared 2 times (OnTwice, OnTwiceMore)"));
            Assert.That(error.Message, Does.Contain("'sayHello' and 'SayHello' lead to one method"));
            Assert.That(error.Message, Does.Contain("'PING' (OnPing) is the heartbeat's"));
            Assert.That(error.Message, Does.Contain("'PONG' (OnPong) is the heartbeat's"));
            Assert.That(error.Message, Does.Contain("'$mine' (OnMine) begins with '$'"));
            Assert.That(error.Message, Does.Contain("the route of OnEmpty has an empty name"));
            Assert.That(error.Message, Does.Contain("'late' (OnLate) has a deadline of -1 ms"));
            Assert.That(error.Message, Does.Contain("no contract for 'RouteTableTests'").Or.Contain("no JSON contract for 'RouteTableTests'"));
        });
    }

    [Test]
    [Proves("SR-41")]
    public void A_table_by_hand_may_lack_a_handler()
    {
        var table = new SocketRoutes(typeof(RouteTableTests), new SocketContracts(null), new SocketRoute("sayHello", "OnSayHello", null));

        Assert.That(table.ThrowIfWrong, Throws.InvalidOperationException.With.Message.Contains("'sayHello' has no handler: write the method OnSayHello"));
    }

    [Test]
    public async Task Routes_of_a_base_are_routes_of_the_class()
    {
        await using var client = await RouterClient.ConnectAsync<DerivedRouter>();

        Assert.That(await client.AskAsync(RouterClient.Request("a", "common")), Does.Contain("\"derived\""));
        Assert.That(await client.AskAsync(RouterClient.Request("a", "own")), Does.Contain("7"));
    }

    [Test]
    public async Task Services_of_a_request_end_with_it()
    {
        await using var client = await RouterClient.ConnectAsync<ServiceRouter>();

        Assert.That(JsonElement.Parse(await client.AskAsync(RouterClient.Request("a", "services"))).GetProperty("payload").GetBoolean(), Is.True, "the same for all stages of one request");
    }

    private abstract partial class BaseRouter : SocketRouterConsumer
    {
        [SocketRoute]
        protected virtual string OnCommon() => "base";
    }

    private sealed partial class DerivedRouter : BaseRouter
    {
        [SocketRoute]
        protected override string OnCommon() => "derived";

        [SocketRoute]
        private int OnOwn() => 7;
    }

    private sealed partial class ServiceRouter : SocketRouterConsumer
    {
        [SocketRoute(DataCheck = nameof(Keep))]
        private bool OnServices(SocketRequest request) => ReferenceEquals(request.Store["services"], request.Services) && request.Services != Scope.Services;

        private static bool Keep(SocketRequest request)
        {
            request.Store["services"] = request.Services;
            return true;
        }
    }

    private sealed partial class WrongRouter : SocketRouterConsumer
    {
        [SocketRoute("twice")]
        private void OnTwice()
        {
        }

        [SocketRoute("twice")]
        private void OnTwiceMore()
        {
        }

        [SocketRoute]
        private void OnSayHello()
        {
        }

        [SocketRoute("SayHello")]
        private void OnSayHelloAgain()
        {
        }

        [SocketRoute("PING")]
        private void OnPing()
        {
        }

        [SocketRoute("PONG")]
        private void OnPong()
        {
        }

        [SocketRoute("$mine")]
        private void OnMine()
        {
        }

        [SocketRoute("")]
        private void OnEmpty()
        {
        }

        [SocketRoute("late", TimeoutMs = -1)]
        private void OnLate()
        {
        }

        [SocketRoute("contract")]
        private RouteTableTests OnContract(RouteTableTests payload) => payload;
    }
}
