// Written by the verb 'contract' of the server: changes here are lost.
import type { RouterClient, JsonClient } from "channels-socket-router";

export interface ConformanceMessage {
  text: string;
}

export interface RouterCount {
  to: number;
}

export interface RouterMessage {
  topic: string;
  payload: unknown;
  event?: string | null;
}

export interface RouterName {
  name: string;
}

export interface RouterPosition {
  epoch: string;
  offset: number;
}

export interface RouterThing {
  id: number;
  title: string;
}

export interface RouterWait {
  ms: number;
}

/** router/ */
export interface RouterConsumerContract {
  routes: {
    boom: { request: undefined; response: string };
    count: { request: RouterCount; response: number[]; item: number };
    create: { request: unknown; response: unknown };
    echo: { request: ConformanceMessage; response: ConformanceMessage };
    getThing: { request: unknown; response: RouterThing };
    publish: { request: RouterMessage; response: RouterPosition };
    sayHello: { request: RouterName; response: string };
    secret: { request: undefined; response: string };
    slow: { request: RouterWait; response: number };
    strict: { request: unknown; response: unknown };
  };
  topics: {
    [topic: `room.${string}`]: { message: unknown };
  };
  pushes: {
  };
}

export type RouterConsumerClient = RouterClient<RouterConsumerContract>;

/** echo-json */
export type EchoJsonConsumerIn = ConformanceMessage;
export type EchoJsonConsumerOut = ConformanceMessage;
export type EchoJsonConsumerClient = JsonClient<EchoJsonConsumerIn, EchoJsonConsumerOut>;

/** group-json/{name:group} */
export type JsonGroupConsumerIn = ConformanceMessage;
export type JsonGroupConsumerOut = ConformanceMessage;
export type JsonGroupConsumerClient = JsonClient<JsonGroupConsumerIn, JsonGroupConsumerOut>;
