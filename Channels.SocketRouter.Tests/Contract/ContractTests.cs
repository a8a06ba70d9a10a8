using System.Diagnostics;
using Channels.Routing;
using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.EndToEnd;
using Channels.Tests.SocketRouter.Client;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter.Contract;

/// <summary>What is exported compiles, is accepted, and is checked.</summary>
public sealed class ContractTests
{
    private const string Settings = """{"compilerOptions":{"target":"es2022","module":"nodenext","lib":["es2022","dom"],"types":[],"strict":true,"noEmit":true}}""";

    private const string Use = """
        import { JsonClient, RouterClient } from "channels-socket-router";
        import type { ContractChatClient, ContractChatIn, ContractChatOut, ContractRouterContract, Node, Order, PageOfOrder, Shape } from "./contract.js";

        const client = new RouterClient<ContractRouterContract>("ws://localhost/");
        const order: Order = await client.call("place", { id: 1, title: "x", priority: "High" });
        const page: PageOfOrder = await client.call("list");
        const next: number | null = page["next-page"];
        const tree: Node = await client.call("tree", null);
        const name: string = tree.name;
        await client.call("draw", { kind: "circle", colour: "red", radius: 1 });
        const anything: unknown = await client.call("any thing", [1]);
        // @ts-expect-error a wrong type
        await client.call("place", { id: "1", title: "x", priority: "High" });
        // @ts-expect-error a value that there is not
        await client.call("place", { id: 1, title: "x", priority: "Urgent" });
        // @ts-expect-error a member is lacking
        await client.call("draw", { kind: "square", colour: "red" });
        // @ts-expect-error no such route
        await client.call("nothing");
        const said: ContractChatIn = { type: "said", text: "x" };
        // @ts-expect-error no such message
        const wrong: ContractChatIn = { type: "shouted" };
        const chat: ContractChatClient = new JsonClient<ContractChatIn, ContractChatOut>("ws://localhost/");
        const shape: Shape = { kind: "square", colour: "blue", side: 2 };
        console.log(order, next, name, anything, said, wrong, chat, shape);
        """;

    [Test]
    [Proves("SR-75")]
    public async Task The_types_compile_and_their_calls_are_the_routes()
    {
        await ClientPackage.BuildAsync();
        var folder = Directory.CreateDirectory(ClientPackage.PathOf("dist", "contract")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tsconfig.json"), Settings);
        await File.WriteAllTextAsync(Path.Combine(folder, "contract.ts"), Export(".ts"));
        await File.WriteAllTextAsync(Path.Combine(folder, "use.ts"), Use);

        await ClientPackage.RunAsync("typescript", "bin/tsc", "--project", folder);
    }

    [Test]
    public async Task The_parser_of_AsyncAPI_accepts_the_document()
    {
        ExternalTools.Require("npm:@asyncapi/parser");
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "asyncapi.json");
        await File.WriteAllTextAsync(file, Export(".json"));

        await using var node = new NodeScript("asyncapi.js", file);
        await node.ExpectLineAsync("12"); // six routes, three events, a push, and both ways of the chat
        await node.ExpectEndAsync();
    }

    [Test]
    public void Another_kind_of_file_is_refused() => Assert.That(() => Export(".yaml"), Throws.InstanceOf<NotSupportedException>().With.Message.Contains(".json for AsyncAPI"));

    [Test]
    public async Task The_verb_writes_files_and_tells_when_they_no_longer_hold()
    {
        using var folder = new TestFolder();
        var (types, document) = (Path.Combine(folder.Path, "client.ts"), Path.Combine(folder.Path, "client.json"));
        Assert.That((await RunAsync("contract", types, document)).Code, Is.Zero);
        Assert.That(await File.ReadAllTextAsync(types), Is.EqualTo(await File.ReadAllTextAsync(Repository.PathOf("samples", "Conformance", "contract", "router.ts"))));
        Assert.That((await RunAsync("contract", "--check", types)).Code, Is.Zero);

        await File.WriteAllTextAsync(types, (await File.ReadAllTextAsync(types)).Replace("sayHello", "sayHi"));
        var (code, error) = await RunAsync("contract", $"--check={types}");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain(types).And.Match(@"line \d+ differs"));
        Assert.That((await RunAsync("contract")).Error, Does.Contain("Name the files to write"));
    }

    private static string Export(string extension)
    {
        using var services = TestServices.Create(services => services.AddSocketRouter());
        Application root = new ProtocolTypeRouter
        {
            ["websocket"] = new UrlRouter { { "router/{room:slug}/", Consumer.Of<ContractRouter>() }, { "chat/", Consumer.Of<ContractChat>() } },
        };
        return services.GetRequiredService<IContractExporter>().Export(root, services, extension);
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var program = Process.Start(new ProcessStartInfo("dotnet", [Repository.PathOf("samples", "Conformance", "bin", Configuration, "net10.0", "Conformance.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!; // null only with the shell
        var error = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();
        return (program.ExitCode, error);
    }

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif
}
